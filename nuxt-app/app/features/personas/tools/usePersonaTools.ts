import type { PersonaTool, SetPersonaToolRequest } from '#contracts/api'

/** The tools of a persona with what it may do with each. */
export function usePersonaTools(personaId: string) {
  const api = useApi()
  const { rows, isLoading, error, refresh, replace } = useList(
    () => `persona-tools:${personaId}`,
    () => api.personas.tools(personaId),
  )
  const show = (saved: PersonaTool) => replace((tool) => tool.tool_id === saved.tool_id, saved)
  const change = async (tool: PersonaTool, request: SetPersonaToolRequest) =>
    show(await api.personas.setTool(personaId, tool.name, request))
  return { tools: rows, isLoading, error, refresh, change, show }
}
