import { listRuns, type RunFilter } from './queries'

export type RunChoice = Omit<RunFilter, 'workspaceId' | 'limit'>

/** Runs of the current workspace, newest first, live; `more` shows the next page. */
export function useRuns(choice: MaybeRefOrGetter<RunChoice> = {}, pageSize = 25) {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, hasMore, error, more, refresh } = useList(
    () => `runs:${id.value}:${pageSize}:${JSON.stringify(toValue(choice))}`,
    async (limit) => (id.value ? listRuns(db, { workspaceId: id.value, ...toValue(choice), limit }) : []),
    { pageSize, live: useTableChanges('runs') },
  )
  return { runs: rows, isLoading, hasMore, error, more, refresh }
}
