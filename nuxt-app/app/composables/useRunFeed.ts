import { useDocumentVisibility, useEventListener } from '@vueuse/core'
import { runEvents, runTopic, type StepsEvent, type TokenEvent, type ToolProgressEvent } from '../../../contracts/runs'
import { listSteps } from '../queries/runs'
import { keepJoined } from '../realtime/keep-joined'
import { type Connection, followRun, type RunSource } from '../runs/follow-run'
import { emptyFeed } from '../runs/run-feed'

/** A run's steps as they happen; right after joining late, a reload or a lost connection. Ends with the component. */
export function useRunFeed(runId: string) {
  const feed = shallowRef(emptyFeed())
  const connection = ref<Connection>('connecting')
  const error = ref<unknown>(null)
  const follower = followRun(runSource(runId), {
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

function runSource(runId: string): RunSource {
  const db = useSupabase()
  return {
    readSteps: (after) => listSteps(db, runId, after),
    subscribe: (on) =>
      keepJoined(
        db,
        () =>
          db
            .channel(runTopic(runId), { config: { private: true } })
            .on('broadcast', { event: runEvents.steps }, ({ payload }) => on.steps((payload as StepsEvent).steps))
            .on('broadcast', { event: runEvents.tokens }, ({ payload }) => on.tokens(payload as TokenEvent))
            .on('broadcast', { event: runEvents.progress }, ({ payload }) => on.progress(payload as ToolProgressEvent)),
        (isJoined) => on.connection(isJoined ? 'live' : 'reconnecting'),
      ),
  }
}
