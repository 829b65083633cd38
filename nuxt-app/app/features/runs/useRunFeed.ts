import { type Connection, emptyFeed, followRun, runSource } from '@persona/sdk'
import { useDocumentVisibility, useEventListener } from '@vueuse/core'

/** A run's steps as they happen; right after joining late, a reload or a lost connection. Ends with the component. */
export function useRunFeed(runId: string) {
  const feed = shallowRef(emptyFeed())
  const connection = ref<Connection>('connecting')
  const error = ref<unknown>(null)
  const follower = followRun(runSource(useSupabase(), runId), {
    onFeed: (next) => {
      feed.value = next
    },
    onConnection: (state) => {
      connection.value = state
    },
    onError: (cause) => {
      error.value = cause
    },
  })
  const isVisible = useDocumentVisibility()
  watch(isVisible, (state) => state === 'visible' && void follower.refresh())
  useEventListener(window, 'online', () => void follower.refresh())
  onScopeDispose(() => follower.stop())
  return { feed, connection, error }
}
