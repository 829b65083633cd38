/** The account of the signed-in person: where it is signed in, and its end. */
import { createRoute, z } from '@hono/zod-openapi'
import { DeleteMeQuery, Id, SessionsResponse } from '../../../contracts/api.ts'
import { serviceClient } from '../../_shared/access/service.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { createRouter, noContent, ok } from '../../_shared/http/router.ts'

const tags = ['me']
const security = [{ bearer: [] }]

export const account = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/me/sessions',
      tags,
      summary: 'List where I am signed in (needs a session)',
      ...ok(SessionsResponse),
      security,
    }),
    async (c) => {
      const sessions = await ask(c.get('db').rpc('my_sessions'))
      return c.json(SessionsResponse.parse({ sessions }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/me/sessions/{id}',
      tags,
      summary: 'End one of my sessions (needs a session); its next request is refused',
      request: { params: z.object({ id: Id }) },
      ...noContent,
      security,
    }),
    async (c) => {
      await tell(c.get('db').rpc('end_session', { session_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/me',
      tags,
      summary:
        'Delete my account, and the workspaces in which I am alone (needs a session); confirm_email must be its mail address',
      request: { query: DeleteMeQuery },
      ...noContent,
      security,
    }),
    async (c) => {
      const { confirm_email } = c.req.valid('query')
      await tell(c.get('db').rpc('leave_platform', { confirm_email }))
      const service = serviceClient(c.get('config'), c.get('traceId'))
      // before the account goes, because then nobody knows its mail address; each step can be repeated
      await ask(service.rpc('erase_audit_content', { of_person: c.get('userId') }))
      const { error } = await service.auth.admin.deleteUser(c.get('userId'))
      if (error) throw new Error('Auth did not delete the account', { cause: error })
      return c.body(null, 204)
    },
  )
