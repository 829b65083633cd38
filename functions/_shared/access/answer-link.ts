/** Checks the token of a link in a mail, which contains the question and the person. */
import { createMiddleware } from 'hono/factory'
import { jwtVerify } from 'jose'
import { ANSWER_AUDIENCE, AnswerClaims, answerLinkKey } from '../../../contracts/answer-link.ts'
import { type Config, encryptionKeyOf } from '../config.ts'
import type { AppEnv } from '../http/context.ts'
import { Problem } from '../problem.ts'
import { serviceClient } from './service.ts'

const rules = { algorithms: ['HS256'], audience: ANSWER_AUDIENCE, requiredClaims: ['exp'] }

/** Answers every forged or expired token as if the question did not exist. */
export const requireAnswerLink = (config: Config) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const token = /^Bearer (\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1] ?? ''
    const claims = await claimsOf(token, await answerLinkKey(encryptionKeyOf(config)))
    if (!claims) throw new Problem('approval_not_found')
    c.set('approvalId', claims.sub)
    c.set('userId', claims.user_id)
    c.set('db', serviceClient(config, c.get('traceId')))
    await next()
  })

async function claimsOf(token: string, key: Uint8Array): Promise<AnswerClaims | undefined> {
  try {
    return AnswerClaims.parse((await jwtVerify(token, key, rules)).payload)
  } catch {
    return undefined
  }
}
