/** Signatures of outgoing webhooks: Standard Webhooks (https://www.standardwebhooks.com), GitHub's, or a plain HMAC. */
import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { ClaimedDelivery } from '../../platform/claim-deliveries.ts'

/** The headers with which the receiver can verify who sent `body` and when. `secret` has the form that the person saw. */
export function signedHeaders(
  { scheme, delivery_id, event }: Pick<ClaimedDelivery, 'scheme' | 'delivery_id' | 'event'>,
  secret: string,
  body: string,
  now: Date,
): Record<string, string> {
  const hmac = () => createHmac('sha256', secret).update(body).digest('hex')
  if (scheme === 'github') {
    return { 'x-github-event': event, 'x-github-delivery': delivery_id, 'x-hub-signature-256': `sha256=${hmac()}` }
  }
  if (scheme === 'hmac') return { 'x-delivery-id': delivery_id, 'x-signature-256': hmac() }
  return {
    'webhook-id': delivery_id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(delivery_id, now, body),
  }
}
