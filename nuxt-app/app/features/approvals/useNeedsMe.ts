/**
 * What waits for people in the current workspace, with what it is for. `mine` is what I may decide, and `count` its number.
 * Live; shared by all who ask.
 */
export function useNeedsMe() {
  const api = useApi()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `needs-me:${id.value}`,
    async () => (id.value ? api.approvals.waiting(id.value) : []),
    { live: useTableChanges('approvals') },
  )
  const mine = computed(() => rows.value.filter(({ role }) => role !== 'viewer'))
  return { questions: rows, mine, count: computed(() => mine.value.length), isLoading, error, refresh }
}
