import { readPersonaRole } from '../personas/queries'

/** Whether the signed-in person may give work to a persona whose id is known later. */
export function useMayUse(personaId: () => string | undefined) {
  const db = useSupabase()
  const { data: role } = useAsyncData(
    () => `persona-role:${personaId() ?? ''}`,
    async () => {
      const id = personaId()
      return id ? readPersonaRole(db, id) : null
    },
  )
  return { canUse: computed(() => ['user', 'editor', 'owner'].includes(role.value ?? '')) }
}
