import { listSecrets } from './queries'

/** The names of the workspace's secrets; empty for who is no admin. */
export function useSecrets() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `secrets:${id.value}`,
    () => listSecrets(db, id.value),
  )
  return { secrets: rows, isLoading, error, refresh }
}
