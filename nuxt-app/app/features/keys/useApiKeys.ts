/** The person's own API keys, newest first. */
export function useApiKeys() {
  const api = useApi()
  const userId = useUserId()
  const { rows, isLoading, error, refresh } = useList(
    () => `keys:${userId.value}`,
    () => api.keys.list(),
  )
  return { keys: rows, isLoading, error, refresh }
}
