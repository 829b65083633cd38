/** The signed-in person. */
import { createRoute } from '@hono/zod-openapi'
import { MeResponse, Profile, ProfileResponse, UpdateMeRequest } from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { ask, find } from '../../_shared/data/database.ts'
import { body, createRouter, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['me']

export const me = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/me',
      tags,
      summary: 'Read my profile, and my workspaces with my role in each',
      ...ok(MeResponse),
    }),
    async (c) => {
      const db = c.get('db')
      const [profile, memberships] = await Promise.all([
        find(db.from('profiles').select(columnsOf('profiles', Profile)).eq('id', c.get('userId')).maybeSingle()),
        ask(
          db
            .from('workspace_members')
            .select('role, workspaces(id, name)')
            .eq('user_id', c.get('userId'))
            .order('created_at'),
        ),
      ])
      if (!profile) throw new Problem('profile_not_found')
      const workspaces = memberships.map(({ role, workspaces: { id, name } }) => ({ id, name, role }))
      return c.json(MeResponse.parse({ profile, workspaces }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'patch',
      path: '/me',
      tags,
      summary: 'Change my name, or whether I get questions by mail',
      request: body(UpdateMeRequest),
      ...ok(ProfileResponse),
    }),
    async (c) => {
      const profile = await ask(c.get('db').rpc('update_profile', c.req.valid('json')))
      return c.json(ProfileResponse.parse({ profile }), 200)
    },
  )
