/** Workspaces: the tenants. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  CreateWorkspaceRequest,
  DeleteWorkspaceQuery,
  Id,
  UpdateWorkspaceRequest,
  Workspace,
  WorkspaceResponse,
  WorkspacesResponse,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { ask, find, tell } from '../../_shared/data/database.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['workspaces']
const params = z.object({ id: Id })
const columns = columnsOf('workspaces', Workspace)

export const workspaces = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces',
      tags,
      summary: 'List my workspaces',
      ...ok(WorkspacesResponse),
    }),
    async (c) => {
      const workspaces = await ask(c.get('db').from('workspaces').select(columns).order('name').order('id'))
      return c.json(WorkspacesResponse.parse({ workspaces }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/workspaces',
      tags,
      summary: 'Create a workspace; I become its owner',
      request: body(CreateWorkspaceRequest),
      ...created(WorkspaceResponse),
    }),
    async (c) => {
      const workspace = await ask(c.get('db').rpc('create_workspace', c.req.valid('json')))
      return c.json(WorkspaceResponse.parse({ workspace }), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}',
      tags,
      summary: 'Read a workspace',
      request: { params },
      ...ok(WorkspaceResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const workspace = await find(c.get('db').from('workspaces').select(columns).eq('id', id).maybeSingle())
      if (!workspace) throw new Problem('workspace_not_found')
      return c.json(WorkspaceResponse.parse({ workspace }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'patch',
      path: '/workspaces/{id}',
      tags,
      summary: 'Change the name, limits or settings of a workspace (admins)',
      request: { params, ...body(UpdateWorkspaceRequest) },
      ...ok(WorkspaceResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const changes = c.req.valid('json')
      const workspace = await ask(c.get('db').rpc('update_workspace', { workspace_id: id, changes }))
      return c.json(WorkspaceResponse.parse({ workspace }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/workspaces/{id}',
      tags,
      summary: 'Delete a workspace and everything in it (owners); confirm_name must be its name',
      request: { params, query: DeleteWorkspaceQuery },
      ...noContent,
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { confirm_name } = c.req.valid('query')
      await tell(c.get('db').rpc('delete_workspace', { workspace_id: id, confirm_name }))
      return c.body(null, 204)
    },
  )
