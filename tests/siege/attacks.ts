/**
 * Requests by which strangers and members could stop the platform for everybody. Each rejects unless it is properly
 * refused.
 */
import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { addScript } from '../../demo-model/client.ts'
import type { Turn } from '../../demo-model/scripts.ts'

export interface Target {
  url: string
  publishableKey: string
  /** A scripted model server that the platform uses. */
  modelUrl: string
  member: SupabaseClient
  /** Gives work to a persona whose model is `model`. Resolves to the run's status when it has ended. */
  runOn(model: string): Promise<string>
}

type Attack = (target: Target) => Promise<void>

const MB = 2 ** 20
const REFUSED = new Set([400, 401, 403, 404, 409, 413, 414, 422, 429])

async function refused(target: Target, path: string, { method = 'GET', body = '' } = {}): Promise<void> {
  const headers = { apikey: target.publishableKey, 'content-type': 'application/json' }
  const status = await send(target.url + path, { method, headers }, body)
  if (status && !REFUSED.has(status)) throw new Error(`${path.slice(0, 80)} ended with ${status}`)
}

/** Uses its own connection, so that honest requests keep theirs. Undefined if the gateway closed it before the end. */
async function send(url: string, options: RequestOptions, body: string): Promise<number | undefined> {
  const sent = request(url, { ...options, agent: false })
  sent.end(body)
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    sent.on('error', () => {}) // the rest of a body that was too large
    response.resume()
    return response.statusCode
  } catch (error) {
    if (['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

const post = (body: string) => ({ method: 'POST', body })
const keys = (count: number) => `{${Array.from({ length: count }, (_, n) => `"k${n}":1`)}}`
const doors = ['/rest/v1/runs', '/rest/v1/rpc/create_run', '/auth/v1/signup', '/functions/v1/api/runs']

/** A raw answer of a model server. Its run may fail or end; the platform must continue. */
const answer =
  (raw: NonNullable<Turn['raw']>): Attack =>
  async (target) => {
    const status = await target.runOn(await addScript(target.modelUrl, [{ raw }]))
    if (!['completed', 'failed'].includes(status)) throw new Error(`the run is ${status}`)
  }

const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`
const call = (index: unknown) =>
  event({
    choices: [{ index: 0, delta: { tool_calls: [{ index, id: 'c', function: { name: 'a', arguments: '{' } }] } }],
  })
const end = `${event({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })}data: [DONE]\n\n`

export const attacks: Record<string, Attack> = {
  'nine megabytes of JSON': async (target) => {
    const body = post(JSON.stringify(Array(9 * 128).fill({ title: 'x'.repeat(8_000) })))
    for (const door of doors) await refused(target, door, body)
  },
  'an object of 600,000 keys': async (target) => {
    for (const door of doors) await refused(target, door, post(keys(600_000)))
  },
  'JSON nested without end': async (target) => {
    for (const door of doors) await refused(target, door, post('['.repeat(MB)))
    for (const bracket of ['[', '(', '{', '%5B'])
      await refused(target, `/rest/v1/runs?input=eq.${bracket.repeat(4_000)}`)
  },
  'forty sign-ins with wrong passwords at once': async (target) => {
    const signIn = (n: number) =>
      refused(
        target,
        '/auth/v1/token?grant_type=password',
        post(JSON.stringify({ email: 'owner@acme.test', password: `wrong ${n}` })),
      )
    await Promise.all(Array.from({ length: 40 }, (_, n) => signIn(n)))
  },
  'subscriptions with a broken pattern': async (target) => {
    const client = createClient(target.url, target.publishableKey, { auth: { persistSession: false } })
    const refusal = Promise.withResolvers<void>()
    client
      .channel('broken')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'runs', filter: 'id=match.((((' }, () => {})
      // the channel is joined, and a separate message refuses its subscription to the table
      .on('system', {}, ({ status }) => {
        if (status === 'error') refusal.resolve()
        else refusal.reject(new Error(`the subscription is ${status}`))
      })
      .subscribe((status) => {
        if (status === 'CHANNEL_ERROR') refusal.resolve()
      })
    await refusal.promise.finally(() => client.removeAllChannels())
  },
  'a tool call far away': answer({ body: call(4_294_967_294) + end }),
  'a tool call named like a prototype': answer({ body: call('__proto__') + end }),
  'twenty thousand tool calls': answer({
    body: Array.from({ length: 20_000 }, (_, n) => call(n)).join('') + end,
  }),
  'a text without an end': answer({
    body: event({ choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) } }] }),
    repeat: 1_000_000,
    stays_open: true,
  }),
}
