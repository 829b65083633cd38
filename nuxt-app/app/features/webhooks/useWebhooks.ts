/** The webhooks of the current workspace; empty for who is no admin. */
export function useWebhooks() {
  const api = useApi()
  const { id, isAdmin } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `webhooks:${id.value}`,
    async () => (isAdmin.value ? api.webhooks.list(id.value) : []),
  )
  return { webhooks: rows, isLoading, error, refresh }
}
