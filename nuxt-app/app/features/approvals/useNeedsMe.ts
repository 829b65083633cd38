import { listPendingApprovals } from '../runs/queries'

/** What waits for a person in the current workspace. Shared by all who ask; the layout keeps it live. */
export function useNeedsMe() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { data, status, error, refresh } = useAsyncData(
    () => `needs-me:${id.value}`,
    async () => (id.value ? listPendingApprovals(db, id.value) : []),
    { default: () => [] },
  )
  return { approvals: data, count: computed(() => data.value.length), status, error, refresh }
}
