/** For receivers of the platform's webhooks (scheme `standard`, https://www.standardwebhooks.com). */
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { Id, Timestamp, WebhookEvent } from '../contracts/api.ts'

/** The message of a webhook: only ids and states. Read the rest with the API. */
export const WebhookMessage = z.object({
  type: WebhookEvent,
  timestamp: Timestamp,
  data: z.looseObject({ run_id: Id }),
})
export type WebhookMessage = z.infer<typeof WebhookMessage>

/**
 * Checks that `body` was signed with `secret` (`whsec_…`) within the last five minutes, and returns its message. Throws
 * otherwise. Pass `body` exactly as you received it. A message may arrive twice, with the same header `webhook-id`.
 */
export function verifyWebhook(secret: string, headers: Headers | Record<string, string>, body: string): WebhookMessage {
  const plain = headers instanceof Headers ? Object.fromEntries(headers) : headers
  return WebhookMessage.parse(new Webhook(secret).verify(body, plain))
}
