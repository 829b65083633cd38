/** The registry of tools, and a persona's say on each. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  Id,
  PersonaToolResponse,
  PersonaToolsResponse,
  SetPersonaToolRequest,
  ToolResponse,
  ToolSearchQuery,
  ToolSearchResponse,
  ToolsQuery,
  ToolsResponse,
} from '../../../contracts/api.ts'
import { requirePersona } from '../../_shared/access.ts'
import type { Db } from '../../_shared/context.ts'
import { ask, find } from '../../_shared/database.ts'
import { Problem } from '../../_shared/problem.ts'
import { body, createRouter, ok } from '../../_shared/router.ts'

const tags = ['tools']
const params = z.object({ id: Id })
const summaryColumns = 'id, workspace_id, name, description, group_name, effect, runs, secrets, is_enabled'
const toolColumns = `${summaryColumns}, input_schema, output_schema, examples, timeout_seconds, language, created_at, updated_at`

const listTools = createRoute({
  method: 'get',
  path: '/tools',
  tags,
  summary: "Built-in tools and my workspaces' own; with workspace_id, the built-in ones and its own",
  request: { query: ToolsQuery },
  ...ok(ToolsResponse),
})

const searchTools = createRoute({
  method: 'get',
  path: '/tools/search',
  tags,
  summary: 'What a persona finds in the registry for a request, best first',
  request: { query: ToolSearchQuery },
  ...ok(ToolSearchResponse),
})

const getTool = createRoute({
  method: 'get',
  path: '/tools/{id}',
  tags,
  summary: 'One tool with its schemas and examples',
  request: { params },
  ...ok(ToolResponse),
})

const listPersonaTools = createRoute({
  method: 'get',
  path: '/personas/{id}/tools',
  tags,
  summary: 'All tools as the persona has them',
  request: { params },
  ...ok(PersonaToolsResponse),
})

const setPersonaTool = createRoute({
  method: 'put',
  path: '/personas/{id}/tools/{name}',
  tags,
  summary: 'Switch a tool on or off, set its policy, grant it secrets (editors; secrets by admins)',
  request: {
    params: params.extend({ name: z.string().regex(/^[a-z][a-z0-9_]{1,63}$/) }),
    ...body(SetPersonaToolRequest),
  },
  ...ok(PersonaToolResponse),
})

/** The registry as a workspace has it. */
const toolsOf = (db: Db, workspaceId: string) =>
  db
    .from('tools')
    .select(summaryColumns)
    .or(`workspace_id.is.null,workspace_id.eq.${workspaceId}`)
    .eq('is_enabled', true)
    .order('name')
    .order('id')

/** What holds for a tool that the persona has no line of its own for. */
const unsaid = { is_enabled: true, policy: 'default', conditions: [], granted_secrets: [] }

async function readPersonaTools(db: Db, personaId: string): Promise<PersonaToolsResponse> {
  const workspaceId = await requirePersona(db, personaId)
  const [tools, lines] = await Promise.all([
    ask(toolsOf(db, workspaceId)),
    ask(
      db
        .from('persona_tools')
        .select('tool_id, is_enabled, policy, conditions, granted_secrets')
        .eq('persona_id', personaId),
    ),
  ])
  const lineOf = new Map(lines.map((line) => [line.tool_id, line]))
  return PersonaToolsResponse.parse({
    tools: tools.map((tool) => ({ ...tool, tool_id: tool.id, ...(lineOf.get(tool.id) ?? unsaid) })),
  })
}

export const tools = createRouter()
  .openapi(listTools, async (c) => {
    const { workspace_id } = c.req.valid('query')
    const db = c.get('db')
    const tools = await ask(
      workspace_id
        ? toolsOf(db, workspace_id)
        : db.from('tools').select(summaryColumns).eq('is_enabled', true).order('name').order('id'),
    )
    return c.json(ToolsResponse.parse({ tools }), 200)
  })
  .openapi(searchTools, async (c) => {
    const { persona_id, q, limit } = c.req.valid('query')
    const tools = await ask(c.get('db').rpc('search_tools', { persona_id, query: q, max_results: limit }))
    return c.json(ToolSearchResponse.parse({ tools }), 200)
  })
  .openapi(getTool, async (c) => {
    const { id } = c.req.valid('param')
    const tool = await find(c.get('db').from('tools').select(toolColumns).eq('id', id).maybeSingle())
    if (!tool) throw new Problem('tool_not_found')
    return c.json(ToolResponse.parse({ tool }), 200)
  })
  .openapi(listPersonaTools, async (c) => {
    return c.json(await readPersonaTools(c.get('db'), c.req.valid('param').id), 200)
  })
  .openapi(setPersonaTool, async (c) => {
    const { id, name } = c.req.valid('param')
    const settings = c.req.valid('json')
    const line = await ask(c.get('db').rpc('set_persona_tool', { persona_id: id, tool_name: name, settings }))
    const { tools } = await readPersonaTools(c.get('db'), id)
    const tool = tools.find((tool) => tool.tool_id === line.tool_id)
    return c.json(PersonaToolResponse.parse({ tool }), 200)
  })
