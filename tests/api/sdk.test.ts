/**
 * Protects: the typed client covers the API, with the methods and paths that it declares, and the example in its README
 * works.
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api as Client, createApi, Failure } from '../../sdk/index.ts'
import { operationOf, operations } from './declared.ts'
import { type Api, makePersona, startApi } from './support.ts'

const id = '00000000-0000-0000-0000-000000000001'

/** Calls every command of the client. Its requests are recorded and refused. */
async function sentByClient(): Promise<{ method: string; path: string }[]> {
  const sent: { method: string; path: string }[] = []
  const base = 'http://platform.test'
  const client = createApi({
    url: base,
    publishableKey: 'x',
    accessToken: async () => null,
    fetch: async (input, init) => {
      sent.push({ method: init?.method ?? '', path: String(input).slice(`${base}/functions/v1/api`.length) })
      return new Response(null, { status: 500 })
    },
  })
  for (const group of Object.values(client)) {
    for (const command of Object.values(group) as ((...given: unknown[]) => Promise<unknown>)[]) {
      await expect(command(id, id, id)).rejects.toBeInstanceOf(Failure)
    }
  }
  return sent
}

test('every command is an operation of the API, and every operation has a command', async () => {
  const called = (await sentByClient()).map(({ method, path }) => operationOf(method, path).name)
  const declared = operations.map(({ name }) => name).filter((name) => name !== 'get /health')
  expect([...new Set(called)].sort()).toEqual([...new Set(declared)].sort())
})

let api: Api
let client: Client
beforeAll(async () => {
  api = await startApi()
  client = createApi({
    url: api.instance.apiUrl,
    publishableKey: api.instance.keys.publishable,
    accessToken: async () => api.people.owner.token,
  })
})
afterAll(() => api.close())

test('a run is started once by its key, read, listed, and cancelled', async () => {
  const persona_id = await makePersona(api.people.owner, api.workspaceId)
  const key = randomUUID()
  const run = await client.runs.create({ persona_id, input: 'Do it.' }, key)
  expect((await client.runs.create({ persona_id, input: 'Do it.' }, key)).id).toBe(run.id)
  expect((await client.runs.list({ persona_id, limit: 5 })).runs.map(({ id }) => id)).toEqual([run.id])
  await client.runs.cancel(run.id)
  expect((await client.runs.get(run.id)).run.status).toBe('cancelled')
})

test('a refusal is a Failure with the code and the message of the API', async () => {
  const refused = client.runs.create({ persona_id: id, input: 'Do it.' })
  await expect(refused).rejects.toMatchObject({ code: 'persona_not_found', status: 404 })
  const wrong = client.workspaces.create('')
  await expect(wrong).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('name: ') })
})

test('the example of the README starts a run, follows it to its end, and exits', { timeout: 60_000 }, async () => {
  const root = join(import.meta.dirname, '../..')
  const [, code = ''] = /```js\n(.*?)```/s.exec(await readFile(join(root, 'sdk/README.md'), 'utf8')) ?? []
  const { id: userId, email } = await api.instance.signedIn({ password: 'correct-horse' })
  await api.instance.database.query(
    "insert into public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'member')",
    [api.workspaceId, userId],
  )
  const persona = await makePersona(api.people.owner, api.workspaceId)
  const env = {
    ...process.env,
    PLATFORM_URL: api.instance.apiUrl,
    PUBLISHABLE_KEY: api.instance.keys.publishable,
    EMAIL: email,
    PASSWORD: 'correct-horse',
    PERSONA_ID: persona,
  }
  const example = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: root, env })
  // there is no executor here, so the run waits until it is cancelled
  const runs = async () => (await client.runs.list({ persona_id: persona })).runs
  await expect.poll(async () => (await runs()).length, { timeout: 20_000 }).toBe(1)
  await client.runs.cancel((await runs())[0]!.id)
  const { stdout } = await example
  expect(stdout).toMatch(/^1 status .*queued/)
  expect(stdout.trimEnd()).toMatch(/cancelled$/)
})
