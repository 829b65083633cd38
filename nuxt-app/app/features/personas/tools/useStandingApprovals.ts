/** The rules by which calls of a persona run without asking, newest first. */
export function useStandingApprovals(personaId: string) {
  const api = useApi()
  const { rows, error, refresh } = useList(
    () => `standing-approvals:${personaId}`,
    () => api.approvals.standing(personaId),
  )
  return { rules: rows, error, refresh }
}
