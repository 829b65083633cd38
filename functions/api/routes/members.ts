/** Members and invitations of a workspace. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  AcceptInvitationRequest,
  CreateInvitationRequest,
  CreateInvitationResponse,
  Id,
  Invitation,
  InvitationsResponse,
  ReadInvitationResponse,
  SetMemberRoleRequest,
  WorkspaceMember,
  WorkspaceMembersResponse,
  WorkspaceResponse,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { randomToken, sha256 } from '../../_shared/access/cipher.ts'
import { requireWorkspace } from '../../_shared/access/guards.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['members']
const ofWorkspace = z.object({ id: Id })
const ofMember = z.object({ id: Id, user_id: Id })
const fromProfile = { email: true, display_name: true } as const
const memberColumns = columnsOf('workspace_members', WorkspaceMember.omit(fromProfile))
const profileColumns = columnsOf('profiles', WorkspaceMember.pick(fromProfile))

export const members = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/members',
      tags,
      summary: 'List the members of a workspace',
      request: { params: ofWorkspace },
      ...ok(WorkspaceMembersResponse),
    }),
    async (c) => {
      const rows = await ask(
        c
          .get('db')
          .from('workspace_members')
          .select(`${memberColumns}, profiles(${profileColumns})`)
          .eq('workspace_id', c.req.valid('param').id)
          .order('created_at'),
      )
      // a workspace always has members, so the caller is none of them
      if (rows.length === 0) throw new Problem('workspace_not_found')
      const members = rows.map(({ profiles, ...row }) => ({ ...row, ...profiles }))
      return c.json(WorkspaceMembersResponse.parse({ members }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'patch',
      path: '/workspaces/{id}/members/{user_id}',
      tags,
      summary: "Change a member's role (admins; only owners for owners)",
      request: { params: ofMember, ...body(SetMemberRoleRequest) },
      ...noContent,
    }),
    async (c) => {
      const { id, user_id } = c.req.valid('param')
      const { role } = c.req.valid('json')
      await tell(c.get('db').rpc('set_member_role', { workspace_id: id, user_id, role }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/workspaces/{id}/members/{user_id}',
      tags,
      summary: 'Remove a member (admins), or leave the workspace',
      request: { params: ofMember },
      ...noContent,
    }),
    async (c) => {
      const { id, user_id } = c.req.valid('param')
      await tell(c.get('db').rpc('remove_member', { workspace_id: id, user_id }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/workspaces/{id}/invitations',
      tags,
      summary: 'List open invitations (admins)',
      request: { params: ofWorkspace },
      ...ok(InvitationsResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await requireWorkspace(c.get('db'), id, 'admin')
      const invitations = await ask(
        c
          .get('db')
          .from('workspace_invitations')
          .select(columnsOf('workspace_invitations', Invitation))
          .eq('workspace_id', id)
          .is('accepted_at', null)
          .order('created_at'),
      )
      return c.json(InvitationsResponse.parse({ invitations }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/workspaces/{id}/invitations',
      tags,
      summary: 'Invite a mail address (admins); only this answer contains the token for the link',
      request: { params: ofWorkspace, ...body(CreateInvitationRequest) },
      ...created(CreateInvitationResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { email, role } = c.req.valid('json')
      const token = randomToken()
      const token_hash = await sha256(token)
      const invitation = await ask(c.get('db').rpc('invite_member', { workspace_id: id, email, role, token_hash }))
      return c.json(CreateInvitationResponse.parse({ invitation, token }), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/invitations/read',
      tags,
      summary: 'Read what an invitation offers, with its token',
      request: body(AcceptInvitationRequest),
      ...ok(ReadInvitationResponse),
    }),
    async (c) => {
      const token_hash = await sha256(c.req.valid('json').token)
      const invitation = await ask(c.get('db').rpc('read_invitation', { token_hash }))
      return c.json(ReadInvitationResponse.parse({ invitation }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/invitations/accept',
      tags,
      summary: 'Accept an invitation to my mail address and join the workspace',
      request: body(AcceptInvitationRequest),
      ...ok(WorkspaceResponse),
    }),
    async (c) => {
      const token_hash = await sha256(c.req.valid('json').token)
      const workspace = await ask(c.get('db').rpc('accept_invitation', { token_hash }))
      return c.json(WorkspaceResponse.parse({ workspace }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/invitations/{id}',
      tags,
      summary: 'Revoke an invitation (admins)',
      request: { params: ofWorkspace },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('revoke_invitation', { invitation_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
