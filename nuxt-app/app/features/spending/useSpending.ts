/** What work costs: of the current workspace, and of one persona. */
export function useWorkspaceSpending() {
  const api = useApi()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
    () => `spending:${id.value}`,
    async () => (id.value ? [await api.spending.ofWorkspace(id.value)] : []),
    { live: useTableChanges('runs') },
  )
  return { spending: computed(() => rows.value[0] ?? null), isLoading, error, refresh }
}

export function usePersonaSpending(personaId: string) {
  const api = useApi()
  const { rows, isLoading, error, refresh } = useList(
    () => `spending-of:${personaId}`,
    async () => [await api.spending.ofPersona(personaId)],
    { live: useTableChanges('runs') },
  )
  return { spending: computed(() => rows.value[0] ?? null), isLoading, error, refresh }
}
