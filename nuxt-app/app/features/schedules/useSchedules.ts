/** The schedules of a persona. */
export function useSchedules(personaId: string) {
  const api = useApi()
  const { rows, isLoading, error, refresh } = useList(
    () => `schedules:${personaId}`,
    () => api.schedules.list(personaId),
  )
  return { schedules: rows, isLoading, error, refresh }
}
