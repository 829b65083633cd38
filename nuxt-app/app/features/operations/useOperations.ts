/** What runs, waits and was given up on this installation. When a read fails, what was read before stays. */
export function useOperations() {
  const api = useApi()
  const { rows, error, refresh } = useList(
    () => 'operations',
    async () => [await api.operations.read()],
  )
  return { operations: computed(() => rows.value[0] ?? null), error, refresh }
}
