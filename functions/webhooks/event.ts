/** What a webhook says has happened, in its sender's words. */

const MAX_LENGTH = 200

/** GitHub names it in a header, Standard Webhooks in the payload's `type`, others in `event`; else it is "webhook". */
export function eventOf(headers: Headers, payload: unknown): string {
  const { type, event } = (payload ?? {}) as { type?: unknown; event?: unknown }
  const named = [headers.get('x-github-event'), type, event].find((name) => typeof name === 'string' && name !== '')
  return ((named as string | undefined) ?? 'webhook').slice(0, MAX_LENGTH).toWellFormed()
}
