import { listPersonas, listVersions, readPersona, readPersonaRole, readVersion } from './queries'

/** The personas of the current workspace that are open to the signed-in person. Live; shared by all who ask. */
export function usePersonas() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `personas:${id.value}`,
    async () => (id.value ? listPersonas(db, id.value) : []),
    { live: useTableChanges('personas') },
  )
  const byId = computed(() => new Map(rows.value.map((persona) => [persona.id, persona])))
  return { personas: rows, byId, isLoading, error, refresh }
}

/**
 * One persona, its current version, and what the signed-in person is to it. Shared by all who ask: the first one's
 * reader reads for all, so that the id must not change with what that one shows.
 */
export function usePersona(id: string) {
  const db = useSupabase()
  const { data, status, error, refresh } = useAsyncData(`persona:${id}`, async () => {
    const [persona, role] = await Promise.all([readPersona(db, id), readPersonaRole(db, id)])
    const version = persona.current_version_id ? await readVersion(db, persona.current_version_id) : null
    return { persona, version, role }
  })
  const canUse = computed(() => ['user', 'editor', 'owner'].includes(data.value?.role ?? ''))
  const canEdit = computed(() => ['editor', 'owner'].includes(data.value?.role ?? ''))
  const isOwner = computed(() => data.value?.role === 'owner')
  return {
    persona: computed(() => data.value?.persona ?? null),
    version: computed(() => data.value?.version ?? null),
    canUse,
    canEdit,
    isOwner,
    status,
    error,
    refresh,
  }
}

/** The versions of a persona, newest first. Shared by all who ask. */
export function useVersions(personaId: string) {
  const db = useSupabase()
  const { rows, isLoading, error, refresh } = useList(
    () => `versions:${personaId}`,
    () => listVersions(db, personaId),
  )
  return { versions: rows, isLoading, error, refresh }
}
