import type { RunStatus } from '#contracts/runs'
import { listRuns, type RunRow } from './queries'

export interface RunChoice {
  personaId?: string
  status?: RunStatus
}

/** Runs of the current workspace, newest first, live; `more` reads the next page. */
export function useRuns(choice: MaybeRefOrGetter<RunChoice> = {}, pageSize = 25) {
  const db = useSupabase()
  const { id } = useWorkspace()
  const runs = ref<RunRow[]>([])
  const isLoading = ref(true)
  const hasMore = ref(false)
  const error = ref<unknown>(null)

  /** Reads from the top what is shown now, so that a change anywhere in it shows. */
  const read = (limit: number, before?: string) =>
    listRuns(db, { workspaceId: id.value, ...toValue(choice), limit: limit + 1, before })

  let last = Promise.resolve()
  /** One read after the other: two at once could show a run twice. */
  function attempt(work: () => Promise<void>): Promise<void> {
    last = last.then(work).then(
      () => {
        error.value = null
        isLoading.value = false
      },
      (cause: unknown) => {
        error.value = cause
        isLoading.value = false
      },
    )
    return last
  }
  const refresh = () =>
    attempt(async () => {
      const wanted = Math.max(runs.value.length, pageSize)
      const found = await read(wanted)
      hasMore.value = found.length > wanted
      runs.value = found.slice(0, wanted)
    })
  const more = () =>
    attempt(async () => {
      const found = await read(pageSize, runs.value.at(-1)?.id)
      hasMore.value = found.length > pageSize
      runs.value = [...runs.value, ...found.slice(0, pageSize)]
    })

  watch(
    () => [id.value, toValue(choice)],
    () => {
      runs.value = []
      isLoading.value = true
      void refresh()
    },
    { immediate: true, deep: true },
  )
  useLiveTable('runs', refresh)
  return { runs, isLoading, hasMore, error, more, refresh }
}
