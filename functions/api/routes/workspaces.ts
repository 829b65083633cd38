/** Workspaces: the tenants. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  CreateWorkspaceRequest,
  DeleteWorkspaceQuery,
  Id,
  UpdateWorkspaceRequest,
  WorkspaceResponse,
  WorkspacesResponse,
} from '../../../contracts/api.ts'
import { ask, find, tell } from '../../_shared/database.ts'
import { Problem } from '../../_shared/problem.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/router.ts'

const tags = ['workspaces']
const params = z.object({ id: Id })
const columns = 'id, name, limits, settings, created_at, updated_at'

const listWorkspaces = createRoute({
  method: 'get',
  path: '/workspaces',
  tags,
  summary: 'The workspaces that I am in',
  ...ok(WorkspacesResponse),
})

const createWorkspace = createRoute({
  method: 'post',
  path: '/workspaces',
  tags,
  summary: 'Open a workspace; I become its owner',
  request: body(CreateWorkspaceRequest),
  ...created(WorkspaceResponse),
})

const getWorkspace = createRoute({
  method: 'get',
  path: '/workspaces/{id}',
  tags,
  summary: 'One workspace',
  request: { params },
  ...ok(WorkspaceResponse),
})

const updateWorkspace = createRoute({
  method: 'patch',
  path: '/workspaces/{id}',
  tags,
  summary: 'Change its name, limits or settings (admins)',
  request: { params, ...body(UpdateWorkspaceRequest) },
  ...ok(WorkspaceResponse),
})

const deleteWorkspace = createRoute({
  method: 'delete',
  path: '/workspaces/{id}',
  tags,
  summary: 'Delete it with all that is in it (owners); confirm_name is its name',
  request: { params, query: DeleteWorkspaceQuery },
  ...noContent,
})

export const workspaces = createRouter()
  .openapi(listWorkspaces, async (c) => {
    const workspaces = await ask(c.get('db').from('workspaces').select(columns).order('name').order('id'))
    return c.json(WorkspacesResponse.parse({ workspaces }), 200)
  })
  .openapi(createWorkspace, async (c) => {
    const workspace = await ask(c.get('db').rpc('create_workspace', c.req.valid('json')))
    return c.json(WorkspaceResponse.parse({ workspace }), 201)
  })
  .openapi(getWorkspace, async (c) => {
    const { id } = c.req.valid('param')
    const workspace = await find(c.get('db').from('workspaces').select(columns).eq('id', id).maybeSingle())
    if (!workspace) throw new Problem('workspace_not_found')
    return c.json(WorkspaceResponse.parse({ workspace }), 200)
  })
  .openapi(updateWorkspace, async (c) => {
    const { id } = c.req.valid('param')
    const changes = c.req.valid('json')
    const workspace = await ask(c.get('db').rpc('update_workspace', { workspace_id: id, changes }))
    return c.json(WorkspaceResponse.parse({ workspace }), 200)
  })
  .openapi(deleteWorkspace, async (c) => {
    const { id } = c.req.valid('param')
    const { confirm_name } = c.req.valid('query')
    await tell(c.get('db').rpc('delete_workspace', { workspace_id: id, confirm_name }))
    return c.body(null, 204)
  })
