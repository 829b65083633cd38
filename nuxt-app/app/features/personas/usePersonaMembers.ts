import { listPersonaMembers } from './queries'

/** Whom a persona is shared with by name. */
export function usePersonaMembers(personaId: string) {
  const db = useSupabase()
  const { rows, isLoading, error, refresh } = useList(
    () => `persona-members:${personaId}`,
    () => listPersonaMembers(db, personaId),
  )
  return { shared: rows, isLoading, error, refresh }
}
