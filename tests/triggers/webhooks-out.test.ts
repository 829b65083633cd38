/** Protects: events are signed and reach each endpoint that asked for them once, and failed deliveries are repeated. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { webhookSecretName } from '../../contracts/sealed-secret.ts'
import { seal } from '../../functions/_shared/access/cipher.ts'
import { verifyWebhook } from '../../sdk/webhooks.ts'
import { acme, owner, type Platform, startPlatform } from '../runs/support/platform.ts'

const secret = `whsec_${Buffer.alloc(24, 5).toString('base64')}`
let platform: Platform
let server: Server
let url: string
let answer = 200
const received: { headers: IncomingHttpHeaders; body: string; path: string }[] = []

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), path: request.url ?? '' })
    response.writeHead(answer).end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  platform = await startPlatform(inject('postgresUrl'))
  await platform.startExecutor({ internalHosts: new Set([new URL(url).host]) })
})
afterAll(async () => {
  await platform?.close()
  server?.close()
})

async function endpoint(on: Platform, definition: object): Promise<{ id: string; path: string }> {
  const path = `/${randomUUID()}`
  const newId = randomUUID()
  const place = { workspace_id: acme, name: webhookSecretName(newId) }
  const sealed = await seal(on.embedded.keys.encryptionKey, secret, place)
  const { id } = await on.asUser<{ id: string }>(owner, 'save_webhook_endpoint(workspace_id => $1, definition => $2)', [
    acme,
    JSON.stringify({ id: newId, direction: 'out', name: 'Test', url: url + path, secret: sealed, ...definition }),
  ])
  return { id, path }
}

const arrivals = (path: string) => received.filter((request) => request.path === path)
const deliveries = (id: string) =>
  platform.query<{
    id: string
    status: string
    attempts: number
    event: string
    next_at: Date | null
    error: string | null
  }>(
    'select id, status, attempts, event, next_at, error from webhook_deliveries where endpoint_id = $1 order by created_at',
    [id],
  )

async function finishedRun(personaId: string): Promise<string> {
  const run = await platform.createRun(personaId)
  await platform.ended(run)
  return run
}

it('sends the end of a run once, with a signature that the standard library accepts', async () => {
  answer = 200
  const persona = await platform.persona([{ text: 'Done.' }])
  const { id, path } = await endpoint(platform, { persona_id: persona.id, events: ['run.completed'] })
  const run = await finishedRun(persona.id)
  await expect.poll(() => arrivals(path).length, { timeout: 10_000 }).toBe(1)
  const [request] = arrivals(path)
  const event = new Webhook(secret).verify(request!.body, request!.headers as Record<string, string>)
  expect(event).toMatchObject({ type: 'run.completed', data: { run_id: run, status: 'completed' } })
  expect(verifyWebhook(secret, request!.headers as Record<string, string>, request!.body)).toEqual(event)
  expect(request!.body, 'ids and states only').not.toContain('Done.')
  await expect.poll(async () => (await deliveries(id))[0]?.status).toBe('delivered')
})

it('does not send events that the endpoint did not ask for', async () => {
  const persona = await platform.persona([{ text: 'Done.' }])
  const { id } = await endpoint(platform, { persona_id: persona.id, events: ['run.failed'] })
  await finishedRun(persona.id)
  expect(await deliveries(id)).toEqual([])
})

it('tries again after a failure, with the same id, and delivers when the endpoint is back', async () => {
  answer = 503
  const persona = await platform.persona([{ text: 'Done.' }])
  const { id, path } = await endpoint(platform, { persona_id: persona.id })
  await finishedRun(persona.id)
  await expect.poll(async () => (await deliveries(id))[0]?.next_at, { timeout: 10_000 }).toBeTruthy()
  expect((await deliveries(id))[0]).toMatchObject({
    status: 'queued',
    attempts: 1,
    error: 'The endpoint answered 503.',
  })
  answer = 200
  await expect.poll(async () => (await deliveries(id))[0]?.status, { timeout: 15_000 }).toBe('delivered')
  const ids = arrivals(path).map(({ headers }) => headers['webhook-id'])
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(1)
})

it('is delivered again on request', async () => {
  answer = 200
  const persona = await platform.persona([{ text: 'Done.' }])
  const { id, path } = await endpoint(platform, { persona_id: persona.id })
  await finishedRun(persona.id)
  await expect.poll(async () => (await deliveries(id))[0]?.status, { timeout: 10_000 }).toBe('delivered')
  const [delivery] = await deliveries(id)
  await platform.asUser(owner, 'redeliver(delivery_id => $1)', [delivery!.id])
  await expect.poll(() => arrivals(path).length, { timeout: 10_000 }).toBe(2)
})

it('switches an endpoint off that has failed for three days, and says so', async () => {
  answer = 500
  const persona = await platform.persona([{ text: 'Done.' }])
  const { id } = await endpoint(platform, { persona_id: persona.id })
  await platform.query("update webhook_endpoints set failing_since = now() - interval '4 days' where id = $1", [id])
  await finishedRun(persona.id)
  await expect
    .poll(async () => (await platform.query('select is_enabled from webhook_endpoints where id = $1', [id]))[0], {
      timeout: 10_000,
    })
    .toEqual({ is_enabled: false })
  const alerts = await platform.query("select 1 from alerts where kind = 'webhook_disabled' and persona_id = $1", [
    persona.id,
  ])
  expect(alerts).toHaveLength(1)
})

it('does not reach an address of the platform’s own network, and does not try again', { timeout: 90_000 }, async () => {
  const strict = await startPlatform(inject('postgresUrl'))
  try {
    await strict.startExecutor()
    const persona = await strict.persona([{ text: 'Done.' }])
    const before = received.length
    const { id } = await endpoint(strict, {})
    const run = await strict.createRun(persona.id)
    await strict.ended(run)
    const status = async () =>
      (
        await strict.query<{ status: string; error: string }>(
          'select status, error from webhook_deliveries where endpoint_id = $1',
          [id],
        )
      )[0]
    await expect.poll(async () => (await status())?.status, { timeout: 10_000 }).toBe('failed')
    expect((await status())?.error).toContain('not on the public internet')
    expect(received.length).toBe(before)
  } finally {
    await strict.close()
  }
})

it('says in the log of deliveries that the encryption key has changed', async () => {
  const persona = await platform.persona([{ text: 'Done.' }])
  const { id } = await endpoint(platform, {})
  await platform.query(
    `update secrets set key_id = 'deadbeef' where id = (select secret_id from webhook_endpoints where id = $1)`,
    [id],
  )
  await finishedRun(persona.id)
  await expect
    .poll(async () => (await deliveries(id))[0]?.error, { timeout: 10_000 })
    .toContain('was encrypted with another ENCRYPTION_KEY')
  await platform.query('update webhook_endpoints set is_enabled = false where id = $1', [id])
})

it('a new webhook cannot replace another one', async () => {
  const { id } = await endpoint(platform, {})
  await expect(endpoint(platform, { id, name: 'Mine now' })).rejects.toThrow('Another webhook has this id.')
  const [row] = await platform.query<{ name: string }>('select name from webhook_endpoints where id = $1', [id])
  expect(row!.name).toBe('Test')
})
