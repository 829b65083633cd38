/** For receivers of the platform's webhooks (scheme `standard`, https://www.standardwebhooks.com). */
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { Id, Timestamp, WebhookEvent } from '../contracts/api.ts'

/** What a webhook says: ids and states only. Read the rest with the API. */
export const WebhookMessage = z.object({
  type: WebhookEvent,
  timestamp: Timestamp,
  data: z.looseObject({ run_id: Id }),
})
export type WebhookMessage = z.infer<typeof WebhookMessage>

/**
 * Checks that `body`, exactly as it came, was signed with `secret` (`whsec_…`) within the last five minutes, and returns
 * what it says. Throws when it was not. The same message may come twice, with the same header `webhook-id`.
 */
export function verifyWebhook(secret: string, headers: Headers | Record<string, string>, body: string): WebhookMessage {
  const plain = headers instanceof Headers ? Object.fromEntries(headers) : headers
  return WebhookMessage.parse(new Webhook(secret).verify(body, plain))
}
