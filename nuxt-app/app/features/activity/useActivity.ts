import type { z } from 'zod'
import type { ActivityEvent, ActivityQuery } from '#contracts/api'

export type ActivityFilter = Omit<z.input<typeof ActivityQuery>, 'cursor' | 'limit'>
const PAGE = 50
const EXPORT_PAGE = 200
const MAX_EXPORTED = 10_000

/** The audit log of the current workspace, newest first, page by page. A new filter begins at the top. */
export function useActivity(filter: () => ActivityFilter) {
  const api = useApi()
  const { id } = useWorkspace()
  const events = shallowRef<ActivityEvent[]>([])
  const next = ref<string | null>(null)
  const pending = ref(false)
  const error = shallowRef<unknown>(null)
  let asked = 0

  /** Reads the page at `cursor`. The answer to an older filter is dropped. */
  async function read(cursor: string | null) {
    const mine = ++asked
    pending.value = true
    error.value = null
    try {
      const page = await api.activity.list(id.value, { ...filter(), limit: PAGE, cursor: cursor ?? undefined })
      if (mine !== asked) return
      events.value = cursor === null ? page.events : [...events.value, ...page.events]
      next.value = page.next_cursor
    } catch (cause) {
      if (mine === asked) error.value = cause
    } finally {
      if (mine === asked) pending.value = false
    }
  }
  watch([id, () => JSON.stringify(filter())], () => read(null), { immediate: true })

  /** All events that fit the filter, at most 10,000. */
  async function all(): Promise<ActivityEvent[]> {
    const found: ActivityEvent[] = []
    let cursor: string | undefined
    do {
      const page = await api.activity.list(id.value, { ...filter(), limit: EXPORT_PAGE, cursor })
      found.push(...page.events)
      cursor = page.next_cursor ?? undefined
    } while (cursor && found.length < MAX_EXPORTED)
    return found
  }
  return {
    events,
    hasMore: computed(() => next.value !== null),
    pending,
    error,
    more: () => read(next.value),
    refresh: () => read(null),
    all,
  }
}
