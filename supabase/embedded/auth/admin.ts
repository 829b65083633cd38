/** GoTrue's admin API, which lite lacks (`auth.admin.*` of supabase-js). It needs the secret key. */
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import type { Identities } from '../identity/identity.ts'
import { Unauthorized } from '../identity/identity.ts'
import { AuthError } from './errors.ts'
import { removeFactor } from './factors.ts'
import { GenerateLink, generateLink, Invite, invite, type LinkSettings } from './links.ts'
import { createUser, deleteUser, getUser, listUsers, presentUser, UserAttributes, updateUser } from './users.ts'

const MAX_PER_PAGE = 1000

const Page = z.object({
  page: z.coerce.number().int().positive().catch(1),
  per_page: z.coerce.number().int().positive().max(MAX_PER_PAGE).catch(50),
})

export function adminRoutes(database: DatabaseHandle, identities: Identities, links: LinkSettings): Hono {
  const app = new Hono()

  app.use(async (context, next) => {
    await assertSecretKey(identities, context.req.raw)
    await next()
  })

  app.post('/admin/users', async (context) => {
    const attributes = await body(context, UserAttributes.required({ email: true }))
    return context.json(presentUser(await database.transaction((query) => createUser(query, attributes))))
  })

  app.get('/admin/users', async (context) => {
    const { page, per_page } = Page.parse(context.req.query())
    const { users, total } = await listUsers(database.query, page, per_page)
    context.header('x-total-count', String(total))
    context.header('link', pageLinks(page, per_page, total))
    return context.json({ users: users.map(presentUser), aud: 'authenticated' })
  })

  app.get('/admin/users/:id', async (context) =>
    context.json(presentUser(await getUser(database.query, userId(context)))),
  )

  app.put('/admin/users/:id', async (context) => {
    const attributes = await body(context, UserAttributes.omit({ id: true }))
    const id = userId(context)
    return context.json(presentUser(await database.transaction((query) => updateUser(query, id, attributes))))
  })

  app.delete('/admin/users/:id', async (context) => {
    const id = userId(context)
    await database.transaction((query) => deleteUser(query, id))
    return context.json({})
  })

  app.get('/admin/users/:id/factors', async (context) =>
    context.json((await getUser(database.query, userId(context))).factors ?? []),
  )

  app.delete('/admin/users/:id/factors/:factor', async (context) => {
    const user_id = userId(context)
    const { factors } = await getUser(database.query, user_id)
    const id = context.req.param('factor')
    if (!(factors as { id: string }[] | null)?.some((factor) => factor.id === id))
      throw new AuthError(404, 'mfa_factor_not_found', 'Factor not found')
    await database.transaction((query) => removeFactor(query, { id, user_id }))
    return context.json({ id })
  })

  app.post('/admin/generate_link', async (context) => {
    const request = await body(context, GenerateLink)
    const redirectTo = context.req.query('redirect_to') ?? request.redirect_to
    return context.json(await database.transaction((query) => generateLink(query, links, request, redirectTo)))
  })

  app.post('/invite', async (context) => {
    const request = await body(context, Invite)
    return context.json(await invite(database, links, request, context.req.query('redirect_to')))
  })

  app.all('*', () => {
    throw new AuthError(404, 'not_found', 'Not found')
  })
  return app
}

async function assertSecretKey(identities: Identities, request: Request) {
  try {
    const { role } = await identities.of(request)
    if (role !== 'service_role') throw new AuthError(403, 'not_admin', 'User not allowed')
  } catch (error) {
    if (error instanceof Unauthorized) throw new AuthError(401, 'no_authorization', error.message)
    throw error
  }
}

async function body<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const json = await context.req.json().catch(() => {
    throw new AuthError(400, 'bad_json', 'Could not parse request body as JSON')
  })
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const weak = issue?.path[0] === 'password'
  throw new AuthError(
    weak ? 422 : 400,
    weak ? 'weak_password' : 'validation_failed',
    `${issue?.path.join('.') || 'body'}: ${issue?.message}`,
  )
}

function userId(context: Context): string {
  const id = z.uuid().safeParse(context.req.param('id'))
  if (!id.success) throw new AuthError(404, 'validation_failed', '@id must be an UUID')
  return id.data
}

/** In the form that supabase-js parses: one digit for the page after the first `=`. */
function pageLinks(page: number, perPage: number, total: number): string {
  const last = Math.max(1, Math.ceil(total / perPage))
  const link = (to: number, rel: string) => `</admin/users?page=${to}&per_page=${perPage}>; rel="${rel}"`
  return [...(page < last ? [link(page + 1, 'next')] : []), link(last, 'last')].join(', ')
}
