/** What events and signatures of webhooks are called on the page. */
import type { WebhookDirection, WebhookEvent, WebhookScheme } from '#contracts/api'
import { ownValue } from '#contracts/own-value'

const events: Record<WebhookEvent, string> = {
  'run.completed': 'A run is done',
  'run.failed': 'A run has failed',
  'run.cancelled': 'A run was cancelled',
  'approval.requested': 'Somebody is asked',
  'approval.decided': 'Somebody has answered',
}

/** An event of ours in words; one of another system by its own name. */
export const eventTitle = (event: string): string => ownValue<string>(events, event) ?? event

const both: [WebhookScheme, string][] = [
  ['standard', 'Standard Webhooks'],
  ['github', 'GitHub'],
]
const schemes: Record<WebhookDirection, [WebhookScheme, string][]> = {
  in: [
    ...both,
    ['hmac', 'HMAC of time and body'],
    ['hmac_body', 'HMAC of the body'],
    ['stripe', 'Stripe'],
    ['slack', 'Slack'],
    ['svix', 'Svix'],
  ],
  out: [...both, ['hmac', 'HMAC of the body']],
}

export const schemeItems = (direction: WebhookDirection) =>
  schemes[direction].map(([value, label]) => ({ label, value }))

export const schemeTitle = (direction: WebhookDirection, scheme: WebhookScheme) =>
  schemes[direction].find(([value]) => value === scheme)?.[1] ?? scheme
