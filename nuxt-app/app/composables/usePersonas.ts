import { listPersonas, listVersions, readPersona, readPersonaRole, readVersion } from '../queries/personas'

/** The personas of the current workspace that are open to the signed-in person. Shared by all who ask. */
export function usePersonas() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { data, status, error, refresh } = useAsyncData(
    () => `personas:${id.value}`,
    async () => (id.value ? listPersonas(db, id.value) : []),
    { default: () => [] },
  )
  const byId = computed(() => new Map(data.value.map((persona) => [persona.id, persona])))
  return { personas: data, byId, status, error, refresh }
}

/** One persona, its current version, and what the signed-in person is to it; nothing while `id` is empty. */
export function usePersona(id: MaybeRefOrGetter<string>) {
  const db = useSupabase()
  const { data, status, error, refresh } = useAsyncData(
    () => `persona:${toValue(id)}`,
    async () => {
      const wanted = toValue(id)
      if (!wanted) return null
      const [persona, role] = await Promise.all([readPersona(db, wanted), readPersonaRole(db, wanted)])
      const version = persona.current_version_id ? await readVersion(db, persona.current_version_id) : null
      return { persona, version, role }
    },
  )
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

export function useVersions(personaId: MaybeRefOrGetter<string>) {
  const db = useSupabase()
  return useAsyncData(
    () => `versions:${toValue(personaId)}`,
    () => listVersions(db, toValue(personaId)),
    { default: () => [] },
  )
}
