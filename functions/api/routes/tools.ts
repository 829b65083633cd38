/** The tool registry, and the settings of a persona for each tool. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  Id,
  PersonaTool,
  PersonaToolResponse,
  PersonaToolsResponse,
  SetPersonaToolRequest,
  Tool,
  ToolResponse,
  ToolSearchQuery,
  ToolSearchResponse,
  ToolSummary,
  ToolsQuery,
  ToolsResponse,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { requirePersona } from '../../_shared/access/guards.ts'
import { ask, type Db, find } from '../../_shared/data/database.ts'
import { body, createRouter, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['tools']
const params = z.object({ id: Id })
const summaryColumns = columnsOf('tools', ToolSummary)
const toolColumns = columnsOf('tools', Tool)
/** The fields of `PersonaTool` that come from the persona's settings; the others come from the tool. */
const settingColumns = columnsOf(
  'persona_tools',
  PersonaTool.pick({ tool_id: true, is_enabled: true, policy: true, conditions: true, granted_secrets: true }),
)

/** The tools of a workspace: the built-in ones and its own. */
const toolsOf = (db: Db, workspaceId: string) =>
  db
    .from('tools')
    .select(summaryColumns)
    .or(`workspace_id.is.null,workspace_id.eq.${workspaceId}`)
    .eq('is_enabled', true)
    .order('name')
    .order('id')

/** For tools without settings of the persona. */
const defaults = { is_enabled: true, policy: 'default', conditions: [], granted_secrets: [] }

async function readPersonaTools(db: Db, personaId: string): Promise<PersonaToolsResponse> {
  const workspaceId = await requirePersona(db, personaId)
  const [tools, settings] = await Promise.all([
    ask(toolsOf(db, workspaceId)),
    ask(db.from('persona_tools').select(settingColumns).eq('persona_id', personaId)),
  ])
  const settingsOf = new Map(settings.map((row) => [row.tool_id, row]))
  return PersonaToolsResponse.parse({
    tools: tools.map((tool) => ({ ...tool, tool_id: tool.id, ...(settingsOf.get(tool.id) ?? defaults) })),
  })
}

export const tools = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/tools',
      tags,
      summary: 'List the built-in tools and those of my workspaces, or of the workspace in `workspace_id`',
      request: { query: ToolsQuery },
      ...ok(ToolsResponse),
    }),
    async (c) => {
      const { workspace_id } = c.req.valid('query')
      const db = c.get('db')
      const tools = await ask(
        workspace_id
          ? toolsOf(db, workspace_id)
          : db.from('tools').select(summaryColumns).eq('is_enabled', true).order('name').order('id'),
      )
      return c.json(ToolsResponse.parse({ tools }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/tools/search',
      tags,
      summary: 'Search tools as a persona does, best match first',
      request: { query: ToolSearchQuery },
      ...ok(ToolSearchResponse),
    }),
    async (c) => {
      const { persona_id, q, limit } = c.req.valid('query')
      const tools = await ask(c.get('db').rpc('search_tools', { persona_id, query: q, max_results: limit }))
      return c.json(ToolSearchResponse.parse({ tools }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/tools/{id}',
      tags,
      summary: 'Read a tool with its schemas and examples',
      request: { params },
      ...ok(ToolResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const tool = await find(c.get('db').from('tools').select(toolColumns).eq('id', id).maybeSingle())
      if (!tool) throw new Problem('tool_not_found')
      return c.json(ToolResponse.parse({ tool }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas/{id}/tools',
      tags,
      summary: "List all tools with the persona's settings",
      request: { params },
      ...ok(PersonaToolsResponse),
    }),
    async (c) => {
      return c.json(await readPersonaTools(c.get('db'), c.req.valid('param').id), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'put',
      path: '/personas/{id}/tools/{name}',
      tags,
      summary: 'Switch a tool on or off, set its policy, grant it secrets (editors; only admins grant secrets)',
      request: {
        params: params.extend({ name: z.string().regex(/^[a-z][a-z0-9_]{1,63}$/) }),
        ...body(SetPersonaToolRequest),
      },
      ...ok(PersonaToolResponse),
    }),
    async (c) => {
      const { id, name } = c.req.valid('param')
      const settings = c.req.valid('json')
      const saved = await ask(c.get('db').rpc('set_persona_tool', { persona_id: id, tool_name: name, settings }))
      const { tools } = await readPersonaTools(c.get('db'), id)
      const tool = tools.find((tool) => tool.tool_id === saved.tool_id)
      return c.json(PersonaToolResponse.parse({ tool }), 200)
    },
  )
