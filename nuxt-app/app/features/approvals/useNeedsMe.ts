import { listPendingApprovals } from './queries'

/** What waits for a person in the current workspace. Live; shared by all who ask. */
export function useNeedsMe() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `needs-me:${id.value}`,
    async () => (id.value ? listPendingApprovals(db, id.value) : []),
    { live: useTableChanges('approvals') },
  )
  return { approvals: rows, count: computed(() => rows.value.length), isLoading, error, refresh }
}
