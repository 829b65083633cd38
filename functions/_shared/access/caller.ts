/** Finds out who calls: by the access token of a session, or by an API key. Row level security then decides with a token. */
import { createClient, isAuthRetryableFetchError } from '@supabase/supabase-js'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Database } from '../../../contracts/database.ts'
import type { Config } from '../config.ts'
import type { AppEnv } from '../http/context.ts'
import { rateLimiter } from '../http/rate-limit.ts'
import { Problem } from '../problem.ts'
import { tokenEnd, tokenOf, useApiKey } from './api-key.ts'
import { senderOf } from './sender.ts'
import { stateless } from './service.ts'

/** Wrong keys that one address may send in a minute. */
const WRONG_KEYS_PER_MINUTE = 30

/** Refuses callers without a valid token or key. */
export function requireCaller(config: Config) {
  const sessions = sessionCheck(config)
  const keys = keyCheck(config)
  return createMiddleware<AppEnv>(async (c, next) => {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1] ?? ''
    const { userId, token } = await (bearer.startsWith('ppk_') ? keys(c, bearer) : sessions(bearer))
    c.set('userId', userId)
    c.set(
      'db',
      createClient<Database>(config.supabaseUrl, config.publishableKey, {
        accessToken: async () => token,
        global: { headers: { 'X-Trace-ID': c.get('traceId') } },
      }),
    )
    await next()
  })
}

type Caller = Promise<{ userId: string; token: string }>

/** Tokens signed with a key pair are checked here, others by a call to Auth. */
function sessionCheck({ supabaseUrl, publishableKey }: Config) {
  const { auth } = createClient(supabaseUrl, publishableKey, { auth: stateless })
  return async (token: string): Caller => {
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw new Problem('not_signed_in')
    const { data, error } = await auth.getClaims(token)
    if (isAuthRetryableFetchError(error)) throw new Problem('unavailable', undefined, undefined, { cause: error })
    if (data?.claims.role !== 'authenticated') throw new Problem('not_signed_in')
    return { userId: data.claims.sub, token }
  }
}

/** Wrong keys are counted by address, and an address with too many has to wait before its next key is looked at. */
function keyCheck(config: Config) {
  const wrong = rateLimiter(WRONG_KEYS_PER_MINUTE)
  return async (c: Context<AppEnv>, bearer: string): Caller => {
    const sender = senderOf(config, c.req.header('x-forwarded-for'))
    wrong.check(c, sender)
    const key = await useApiKey(config, bearer, c.get('traceId')).catch((error) => {
      if (error instanceof Problem && error.code === 'bad_api_key') wrong.count(c, sender)
      throw error
    })
    c.set('apiKey', key)
    return { userId: key.user_id, token: await tokenOf(config, key, tokenEnd()) }
  }
}
