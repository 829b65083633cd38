import { listProviders, listSecrets } from './queries'

/** The workspace's model providers. Shared by all who ask. */
export function useProviders() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { data, status, error, refresh } = useAsyncData(
    () => `providers:${id.value}`,
    async () => (id.value ? listProviders(db, id.value) : []),
    { default: () => [] },
  )
  return { providers: data, status, error, refresh }
}

/** The names of the workspace's secrets; empty for who is no admin. */
export function useSecrets() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { data, status, error, refresh } = useAsyncData(
    () => `secrets:${id.value}`,
    () => listSecrets(db, id.value),
    { default: () => [] },
  )
  return { secrets: data, status, error, refresh }
}
