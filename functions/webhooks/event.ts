/** Reads the payload and the event of an inbound webhook. */
import type { InboundScheme } from '../../contracts/api.ts'
import type { Json } from '../../contracts/database.ts'
import { parseStorable } from '../_shared/http/body.ts'
import { Problem } from '../_shared/problem.ts'

const MAX_LENGTH = 200

/** The body as JSON. GitHub and Slack may send a form with JSON in its field `payload`; Slack also sends plain fields. */
export function payloadOf(scheme: InboundScheme, body: Uint8Array<ArrayBuffer>): Json {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    const isForm = (scheme === 'github' || scheme === 'slack') && /^[\w.%+-]+=/.test(text)
    if (!isForm) return parseStorable(text) as Json
    const form = new URLSearchParams(text)
    const payload = form.get('payload')
    if (payload === null && scheme === 'github') throw new Problem('invalid_json')
    return parseStorable(payload ?? JSON.stringify(Object.fromEntries(form))) as Json
  } catch (error) {
    if (error instanceof Problem && error.code !== 'invalid_json') throw error
    throw new Problem('invalid_request', 'The body is not JSON in UTF-8.')
  }
}

/** The signed name of the event: `type` or `event` of the payload (for Slack, of its inner event), or else "webhook". */
export function eventOf(scheme: InboundScheme, payload: Json): string {
  const { type, event } = fieldsOf(payload)
  const inner = scheme === 'slack' ? fieldsOf(event).type : undefined
  const named = [inner, type, event].find((name) => typeof name === 'string' && name !== '')
  return ((named as string | undefined) ?? 'webhook').slice(0, MAX_LENGTH).toWellFormed()
}

/**
 * The names that `events` of an endpoint are compared with. GitHub sends its event in a header; the names are that event, and
 * the event with the payload's action: `issues` and `issues.opened`. The header is not signed, so the task never contains it.
 */
export function eventNames(scheme: InboundScheme, headers: Headers, payload: Json): string[] {
  if (scheme !== 'github') return [eventOf(scheme, payload)]
  const event = (headers.get('x-github-event') ?? 'webhook').slice(0, MAX_LENGTH)
  const { action } = fieldsOf(payload)
  return typeof action === 'string' ? [event, `${event}.${action}`.slice(0, MAX_LENGTH)] : [event]
}

const fieldsOf = (value: unknown) =>
  (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
