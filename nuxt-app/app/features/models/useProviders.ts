import { listProviders } from './queries'

/** The workspace's model providers. Shared by all who ask. */
export function useProviders() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `providers:${id.value}`,
    async () => (id.value ? listProviders(db, id.value) : []),
  )
  return { providers: rows, isLoading, error, refresh }
}
