/** The prices that the workspace's calls are counted with: its own and the operator's. */
export function usePrices() {
  const api = useApi()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `prices:${id.value}`,
    async () => (id.value ? api.spending.prices(id.value) : []),
  )
  return { prices: rows, isLoading, error, refresh }
}
