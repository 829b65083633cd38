/**
 * Finds the endpoint of a request and checks that the request was signed with its secret. A request to an endpoint that does
 * not exist is handled like one with a bad signature, so that nobody can find out which endpoints exist.
 */
import { z } from 'zod'
import { Id, InboundScheme } from '../../contracts/api.ts'
import { OtherKeyError, open, randomHex } from '../_shared/access/cipher.ts'
import { type Config, encryptionKeyOf } from '../_shared/config.ts'
import { type Db, find, tell } from '../_shared/data/database.ts'
import { Problem } from '../_shared/problem.ts'
import { type Delivery, verify } from './verify.ts'

/** The answer of `inbound_webhook`. */
const Endpoint = z.object({
  id: Id,
  scheme: InboundScheme,
  /** The events that start runs; empty means all. */
  events: z.array(z.string()),
  input_template: z.string().nullable(),
  secret: z.object({
    workspace_id: Id,
    name: z.string(),
    ciphertext: z.string(),
    nonce: z.string(),
    key_id: z.string(),
  }),
})
type Endpoint = z.infer<typeof Endpoint>

/** Logs a rejected request in the audit log and throws `bad_signature`, unless `onRejected` throws first. */
export async function authenticate(
  db: Db,
  config: Config,
  id: string,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
  onRejected: () => void,
): Promise<{ endpoint: Endpoint; delivery: Delivery }> {
  const endpoint = await readEndpoint(db, id)
  const key = encryptionKeyOf(config)
  // without the secret no request can be verified; the audit log gets the reason
  const secret = endpoint ? await open(key, endpoint.secret).catch(whyNot) : randomHex()
  const result = typeof secret === 'string' ? await verify(endpoint?.scheme ?? 'hmac', secret, headers, body) : secret
  if (endpoint && 'delivery' in result) return { endpoint, delivery: result.delivery }
  onRejected()
  const reason = 'delivery' in result ? 'unknown endpoint' : result.reason
  if (Id.safeParse(id).success) await tell(db.rpc('reject_webhook', { endpoint_id: id, reason }))
  throw new Problem('bad_signature')
}

const whyNot = (error: unknown) => ({
  reason:
    error instanceof OtherKeyError
      ? 'Its secret was encrypted with another ENCRYPTION_KEY. Give the webhook a new secret.'
      : 'Its secret was changed, or moved here from another place, after it was encrypted. Give the webhook a new secret.',
})

async function readEndpoint(db: Db, id: string): Promise<Endpoint | undefined> {
  if (!Id.safeParse(id).success) return undefined
  return Endpoint.nullable().parse(await find(db.rpc('inbound_webhook', { endpoint_id: id }))) ?? undefined
}
