/** Delivers events to the endpoints of other systems. Each claim is one attempt. */
import type { Logger } from 'pino'
import type { Query } from '../../../contracts/database-handle.ts'
import { crashPoint } from '../../engine/crash-points.ts'
import type { QueueJob } from '../../engine/job.ts'
import type { OpenSecret } from '../../engine/secrets.ts'
import { ForbiddenTargetError } from '../../outgoing/outgoing.ts'
import { type ClaimedDelivery, claimDeliveries } from '../../platform/claim-deliveries.ts'
import { finishDelivery } from '../../platform/finish-delivery.ts'
import { signedHeaders } from './sign.ts'

const SLOTS = 8
const TIMEOUT_MS = 15_000
/** Longer than a POST may take. */
const LEASE_SECONDS = 60
/** Seconds between attempts: about a day and a half in total, as Standard Webhooks recommends. */
const RETRY_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400]

interface WebhookDependencies {
  query: Query
  /** Sends requests to the endpoints. */
  send: typeof fetch
  openSecret: OpenSecret
  log: Logger
}

interface Outcome {
  delivered: boolean
  response_status?: number
  error?: string
  /** True when a later attempt cannot succeed. */
  isFinal?: boolean
}

export function webhooksJob(deps: WebhookDependencies): QueueJob<ClaimedDelivery> {
  return {
    name: 'webhooks',
    slots: SLOTS,
    claim: (most) => claimDeliveries(deps.query, most, LEASE_SECONDS),
    handle: (delivery) => deliver(delivery, deps),
  }
}

async function deliver(delivery: ClaimedDelivery, deps: WebhookDependencies): Promise<void> {
  const { query, log } = deps
  crashPoint('webhook.claimed')
  const { isFinal, ...outcome } = await post(delivery, deps)
  crashPoint('webhook.sent')
  const wait = RETRY_SECONDS[delivery.attempt - 1]
  const again = outcome.delivered || isFinal ? undefined : wait && Math.round(wait * (0.9 + Math.random() / 5))
  await finishDelivery(query, delivery.delivery_id, delivery.attempt, { ...outcome, retry_seconds: again })
  log.info({ delivery_id: delivery.delivery_id, attempt: delivery.attempt, ...outcome, again }, 'webhook sent')
}

async function post(delivery: ClaimedDelivery, { send, openSecret }: WebhookDependencies): Promise<Outcome> {
  const body = JSON.stringify(delivery.payload)
  try {
    const headers = signedHeaders(delivery, openSecret(delivery.secret), body, new Date())
    const answer = await send(delivery.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.body?.cancel()
    const { status, ok: delivered } = answer
    return { delivered, response_status: status, ...(!delivered && { error: `The endpoint answered ${status}.` }) }
  } catch (error) {
    return { delivered: false, error: (error as Error).message, isFinal: error instanceof ForbiddenTargetError }
  }
}
