import { listPendingApprovals } from './queries'

/** What waits for a person in the current workspace. Shared by all who ask; the layout keeps it live. */
export function useNeedsMe() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `needs-me:${id.value}`,
    async () => (id.value ? listPendingApprovals(db, id.value) : []),
  )
  return { approvals: rows, count: computed(() => rows.value.length), isLoading, error, refresh }
}
