/** Protects: `npm run audit:verify`, from the events of a run to its output, through REST, with copies from outside. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, inject, it } from 'vitest'
import { auditPublicKey } from '../executor/jobs/audit/statement.ts'
import { type Platform, startPlatform } from '../tests/runs/support/platform.ts'
import { databases } from '../tests/support/embedded/instance.ts'

let platform: Platform | undefined
afterEach(async () => {
  await platform?.close()
  platform = undefined
})

interface Answer {
  code: number
  output: string
}

function verify({ embedded, folder }: Platform, env: Record<string, string>, ...files: string[]): Promise<Answer> {
  const script = join(import.meta.dirname, 'verify-audit.ts')
  const environment = {
    PATH: process.env.PATH,
    DATA_DIR: join(folder, 'none'),
    SUPABASE_URL: embedded.apiUrl,
    SUPABASE_SECRET_KEY: embedded.keys.secret,
    ...env,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...files], { env: environment }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
  })
}

/** Receives what is posted to AUDIT_HEADS_URL. */
async function receiver() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    bodies.push(body)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/heads`
  return { url, bodies, close: () => server.close() }
}

it.each(databases)('verifies signed chains, and names changes (%s)', { timeout: 120_000 }, async (kind) => {
  platform = await startPlatform(kind === 'PGlite' ? undefined : inject('postgresUrl'))
  const { keys, database } = platform.embedded
  const outside = await receiver()
  const file = join(platform.folder, 'heads.jsonl')
  const executor = await platform.startExecutor({ auditOutlets: { file, url: outside.url } })
  const persona = await platform.persona([{ text: 'Done.' }])
  await platform.ended(await platform.createRun(persona.id))
  await executor.close() // signs what is new
  outside.close()

  const byKey = { ENCRYPTION_KEY: keys.encryptionKey }
  const whole = await verify(platform, byKey, file)
  expect(whole.output).toMatch(/\d+ events, whole/)
  expect(whole.output).toMatch(/[1-9]\d* signed statements in the database, [1-9]\d* outside of it/)
  expect(whole.output).not.toMatch(/BROKEN|WRONG|to be signed/)
  expect(whole.code).toBe(0)

  const received = join(platform.folder, 'received.jsonl')
  await writeFile(received, outside.bodies.join('\n'))
  expect(await verify(platform, { AUDIT_PUBLIC_KEYS: auditPublicKey(keys.encryptionKey) }, received)).toEqual(whole)
  expect(await verify(platform, {})).toEqual({ code: 2, output: expect.stringContaining('set AUDIT_PUBLIC_KEYS') })

  await database.query('alter table audit_events disable trigger all')
  await database.query(`update audit_events set actor_id = gen_random_uuid() where action = 'run.created'`)
  const changed = await verify(platform, byKey, file)
  expect(changed.output).toMatch(/BROKEN at event \d+: it was changed/)
  expect(changed.code).toBe(1)
})
