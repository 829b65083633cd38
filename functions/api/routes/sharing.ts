/** The people with whom a persona is shared by name. */
import { createRoute, z } from '@hono/zod-openapi'
import { Id, PersonaMember, PersonaMembersResponse, SharePersonaRequest } from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { requirePersona } from '../../_shared/access/guards.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { body, createRouter, noContent, ok } from '../../_shared/http/router.ts'

const tags = ['personas']
const ofPersona = z.object({ id: Id })
const ofMember = z.object({ id: Id, user_id: Id })
const fromProfile = { email: true, display_name: true } as const
const memberColumns = columnsOf('persona_members', PersonaMember.omit(fromProfile))
const profileColumns = columnsOf('profiles', PersonaMember.pick(fromProfile))

export const sharing = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas/{id}/members',
      tags,
      summary: 'List the people with whom a persona is shared by name',
      request: { params: ofPersona },
      ...ok(PersonaMembersResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const db = c.get('db')
      const [rows] = await Promise.all([
        ask(
          db
            .from('persona_members')
            .select(`${memberColumns}, profiles(${profileColumns})`)
            .eq('persona_id', id)
            .order('created_at'),
        ),
        requirePersona(db, id),
      ])
      const members = rows.map(({ profiles, ...row }) => ({ ...row, ...profiles }))
      return c.json(PersonaMembersResponse.parse({ members }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'put',
      path: '/personas/{id}/members/{user_id}',
      tags,
      summary: 'Share a persona with a member of its workspace, or change their role (owners)',
      request: { params: ofMember, ...body(SharePersonaRequest) },
      ...noContent,
    }),
    async (c) => {
      const { id, user_id } = c.req.valid('param')
      const { role } = c.req.valid('json')
      await tell(c.get('db').rpc('share_persona', { persona_id: id, user_id, role }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/personas/{id}/members/{user_id}',
      tags,
      summary: 'Stop sharing a persona with somebody (owners), or with myself',
      request: { params: ofMember },
      ...noContent,
    }),
    async (c) => {
      const { id, user_id } = c.req.valid('param')
      await tell(c.get('db').rpc('unshare_persona', { persona_id: id, user_id }))
      return c.body(null, 204)
    },
  )
