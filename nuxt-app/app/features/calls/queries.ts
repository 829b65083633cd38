import { CallView } from '#contracts/tool-view'
import type { Db } from '../../common/db'
import { rows } from '../../common/rows'

/** How the calls of a tool are shown and edited. */
export interface ShownTool {
  /** Null: as names and values. */
  view: CallView | null
  /** The arguments that it needs. */
  required: string[]
  /** What is special about it in this installation, for who decides about a call. */
  note: string | null
}
interface ToolRow {
  workspace_id: string | null
  name: string
  view: unknown
  input_schema: { required?: string[] }
  works_note: string | null
}

/** The tools of a workspace by name: the built-in ones, and its own, which come last and win. */
export async function listShownTools(db: Db, workspaceId: string): Promise<Map<string, ShownTool>> {
  const tools = await rows<ToolRow>(
    db.from('tools').select('workspace_id, name, view, input_schema, works_note').order('created_at'),
  )
  const own = tools.filter(({ workspace_id }) => workspace_id === workspaceId)
  const builtIn = tools.filter(({ workspace_id }) => workspace_id === null)
  return new Map([...builtIn, ...own].map((tool) => [tool.name, shownTool(tool)]))
}

/** A view that this version of the app cannot read counts as none. */
function shownTool({ view, input_schema, works_note }: ToolRow): ShownTool {
  const known = CallView.safeParse(view)
  return { view: known.success ? known.data : null, required: input_schema.required ?? [], note: works_note }
}
