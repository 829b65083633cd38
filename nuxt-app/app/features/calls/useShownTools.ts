import { listShownTools, type ShownTool } from './queries'

const unknownTool: ShownTool = { view: null, required: [], note: null }

/** How the tools of the current workspace show their calls. Shared by all who ask. */
export function useShownTools() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { data } = useAsyncData(
    () => `shown-tools:${id.value}`,
    async () => (id.value ? listShownTools(db, id.value) : new Map<string, ShownTool>()),
    { default: () => new Map<string, ShownTool>(), deep: false },
  )
  return { shownTool: (name: string) => data.value.get(name) ?? unknownTool }
}
