/** Sets up the chaos test: the whole platform on a real PostgreSQL, the external world, the workers and the person. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { webhookSecretName } from '../../contracts/sealed-secret.ts'
import { registerTools } from '../../executor/platform/register-tools.ts'
import { seal } from '../../functions/_shared/access/cipher.ts'
import { acme, owner, type Platform, startPlatform } from '../runs/support/platform.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { Load } from './load.ts'
import { Person } from './person.ts'
import type { Random } from './random.ts'
import { Recovery } from './recovery.ts'
import { StuckRuns } from './stuck.ts'
import { chaosManifests } from './tools.ts'
import { Fleet } from './workers.ts'
import { startWorld, type World } from './world.ts'

export const LEASE_SECONDS = 3

export interface Chaos {
  platform: Platform
  postgres: PostgresServer
  world: World
  fleet: Fleet
  load: Load
  person: Person
  recovery: Recovery
  stuck: StuckRuns
  random: Random
  /** What workers logged as errors, and how often. */
  errors: Map<string, number>
  /** Processes that were killed with SIGKILL, or killed themselves with it. */
  kills: number
  say(line: string): void
  close(): Promise<void>
}

export async function startChaos(random: Random, say: (line: string) => void): Promise<Chaos> {
  const postgres = await startPostgres()
  const world = await startWorld()
  const platform = await startPlatform(postgres.url)
  await registerTools(platform.query, chaosManifests)
  const load = new Load(platform)
  await load.prepare()
  await listenToRuns(platform, world)

  const errors = new Map<string, number>()
  const environment = platform.executorEnvironment({
    EXECUTOR_LEASE_SECONDS: String(LEASE_SECONDS),
    SANDBOX: 'none',
    CHAOS_HTTP_URL: world.httpUrl,
    INTERNAL_HOSTS: new URL(world.httpUrl).host,
    CHAOS_SMTP_URL: world.smtpUrl,
    SMTP_URL: world.smtpUrl,
    NODE_COMPILE_CACHE: join(tmpdir(), 'persona-chaos-compiled'),
  })
  const fleet = new Fleet(environment, errors)
  const person = new Person(platform, world)
  const stuck = new StuckRuns(platform.query)
  const recovery = new Recovery(platform.query)
  return {
    ...{ platform, postgres, world, fleet, load, person, recovery, stuck, random, errors, say, kills: 0 },
    async close() {
      await load.end()
      await fleet.stop()
      await Promise.all([person.leave(), stuck.stop()])
      await platform.close()
      await world.close()
      await postgres.stop()
    },
  }
}

/** A webhook tells the external world about each run that ends. */
async function listenToRuns(platform: Platform, world: World): Promise<void> {
  const id = randomUUID()
  const place = { workspace_id: acme, name: webhookSecretName(id) }
  const key = platform.embedded.keys.encryptionKey
  const secret = await seal(key, `whsec_${Buffer.alloc(24, 7).toString('base64')}`, place)
  await platform.asUser(owner, 'save_webhook_endpoint(workspace_id => $1, definition => $2)', [
    acme,
    JSON.stringify({
      id,
      direction: 'out',
      name: 'Chaos',
      url: `${world.httpUrl}/hook`,
      secret,
      events: ['run.completed', 'run.failed'],
    }),
  ])
}
