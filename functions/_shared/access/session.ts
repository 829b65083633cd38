/** Checks the caller's access token. All calls to Supabase use that token, so that row level security decides. */
import { createClient, isAuthRetryableFetchError } from '@supabase/supabase-js'
import { createMiddleware } from 'hono/factory'
import type { Database } from '../../../contracts/database.ts'
import type { Config } from '../config.ts'
import type { AppEnv } from '../http/context.ts'
import { Problem } from '../problem.ts'
import { stateless } from './service.ts'

/** Refuses callers without a valid token. Tokens signed with a key pair are checked here, others by a call to Auth. */
export function requireSession({ supabaseUrl, publishableKey }: Config) {
  const { auth } = createClient(supabaseUrl, publishableKey, { auth: stateless })

  return createMiddleware<AppEnv>(async (c, next) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
    if (!token) throw new Problem('not_signed_in')
    const { data, error } = await auth.getClaims(token)
    if (isAuthRetryableFetchError(error)) throw new Problem('unavailable', undefined, undefined, { cause: error })
    if (data?.claims.role !== 'authenticated') throw new Problem('not_signed_in')
    c.set('userId', data.claims.sub)
    c.set(
      'db',
      createClient<Database>(supabaseUrl, publishableKey, {
        accessToken: async () => token,
        global: { headers: { 'X-Trace-ID': c.get('traceId') } },
      }),
    )
    await next()
  })
}
