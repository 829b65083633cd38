/** The whole platform for tests of runs: database, Storage, Realtime, the scripted model, real tools. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { isTerminal } from '../../../contracts/runs.ts'
import { addScript, scriptRequests } from '../../../demo-model/client.ts'
import type { Turn } from '../../../demo-model/scripts.ts'
import { DEMO_MODEL, startDemoModel } from '../../../demo-model/server.ts'
import { type Executor, type ExecutorOptions, startExecutor } from '../../../executor/executor.ts'
import { demoAccounts } from '../../../supabase/embedded/demo.ts'
import { type Embedded, startEmbedded } from '../../../supabase/embedded/main.ts'
import { createDatabase } from '../../support/database.ts'
import { BareRunners } from './bare-runner.ts'

export const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' })
export const acme = '10000000-0000-4000-8000-000000000001'
export const owner = demoAccounts[0].id

export interface RunRow {
  id: string
  status: string
  waiting_for: string | null
  reason: string | null
  error: { code: string; message: string } | null
  output: string | null
  plan: unknown[]
  fence: number
  segment: number
  attempts: number
  cost: string
  model_calls: number
  trace_id: string
}

export interface StepRow {
  seq: number
  kind: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read the data of steps of every kind
  data: any
  duration_ms: number | null
}

export interface Persona {
  id: string
}

export interface SeenBody {
  messages: {
    role: string
    content: string
    tool_call_id?: string
    tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  }[]
  tools: { function: { name: string } }[]
}

interface Front {
  /** The built web app. */
  webDir: string
  functionsDir: string
  functionsEnv?: Record<string, string>
}

/**
 * With `postgresUrl` it uses a real PostgreSQL, otherwise PGlite. With `front` it also serves the web app and the
 * functions.
 */
export async function startPlatform(postgresUrl?: string, front?: Front) {
  const folder = await mkdtemp(join(tmpdir(), 'persona-runs-'))
  const database = postgresUrl ? await createDatabase(postgresUrl) : undefined
  const model = await startDemoModel()
  const embedded = await startEmbedded({
    dataDir: folder,
    databaseUrl: database?.url,
    apiPort: 0,
    functionsDir: join(folder, 'no-functions'),
    ...front,
    demo: true,
    log,
  })
  return new Platform({
    folder,
    databaseUrl: database?.url,
    dropDatabase: database?.drop,
    modelUrl: model.url,
    closeModel: model.close,
    embedded,
  })
}

interface Parts {
  folder: string
  databaseUrl: string | undefined
  dropDatabase: (() => Promise<void>) | undefined
  modelUrl: string
  closeModel(): Promise<void>
  embedded: Embedded
}

export class Platform {
  readonly embedded: Embedded
  readonly folder: string
  readonly databaseUrl: string | undefined
  readonly modelUrl: string
  readonly #parts: Parts
  readonly #executors = new Set<Executor>()
  readonly #runners = new Set<BareRunners>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.embedded = parts.embedded
    this.folder = parts.folder
    this.databaseUrl = parts.databaseUrl
    this.modelUrl = parts.modelUrl
  }

  get query() {
    return this.embedded.database.query
  }

  /** A worker in this process. */
  async startExecutor(overrides: Partial<ExecutorOptions> = {}): Promise<Executor & { runners: BareRunners }> {
    const runners = new BareRunners(join(this.folder, 'workspaces'), log)
    this.#runners.add(runners)
    const { apiUrl, keys, database } = this.embedded
    const executor = await startExecutor({
      database,
      supabaseUrl: apiUrl,
      secretKey: keys.secret,
      encryptionKey: keys.encryptionKey,
      defaultModel: { baseUrl: this.modelUrl, apiKey: '', model: DEMO_MODEL, isDemo: true },
      internalHosts: new Set([new URL(this.modelUrl).host]),
      sandboxes: runners,
      log,
      ...overrides,
    })
    this.#executors.add(executor)
    return { ...executor, runners }
  }

  /** The environment variables for `executor/main.ts` as a separate process. Needs a real PostgreSQL. */
  executorEnvironment(extra: Record<string, string> = {}): Record<string, string> {
    const { apiUrl, keys } = this.embedded
    return {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: this.databaseUrl ?? '',
      SUPABASE_URL: apiUrl,
      SUPABASE_SECRET_KEY: keys.secret,
      ENCRYPTION_KEY: keys.encryptionKey,
      OPENAI_BASE_URL: this.modelUrl,
      OPENAI_MODEL: DEMO_MODEL,
      MODEL_IS_DEMO: 'true',
      DATA_DIR: this.folder,
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      ...extra,
    }
  }

  /** Calls a function of schema public as the signed-in person. `call`: `create_run(persona_id => $1, …)`. */
  async asUser<T>(userId: string, call: string, params: unknown[]): Promise<T> {
    return this.embedded.database.transaction(async (query) => {
      await query("select set_config('request.jwt.claims', $1, true)", [
        JSON.stringify({ sub: userId, role: 'authenticated' }),
      ])
      await query('set local role authenticated')
      const [row] = await query<{ result: T }>(`select to_jsonb(public.${call}) as result`, params)
      return row?.result as T
    })
  }

  /** Creates a persona whose model follows the script `turns`. `fallbacks` are scripts too. */
  async persona(
    turns: Turn[],
    more: { fallbacks?: Turn[][]; limits?: object; model?: object } = {},
  ): Promise<Persona & { model: string }> {
    const primary = await addScript(this.modelUrl, turns)
    const fallbacks = await Promise.all((more.fallbacks ?? []).map((script) => addScript(this.modelUrl, script)))
    const definition = {
      name: `Persona ${randomUUID().slice(0, 8)}`,
      instructions: 'You work in a test.',
      model: { primary, fallbacks, ...more.model },
      limits: more.limits ?? {},
    }
    const { id } = await this.asUser<Persona>(owner, 'create_persona(workspace_id => $1, definition => $2)', [
      acme,
      JSON.stringify(definition),
    ])
    return { id, model: primary }
  }

  async createRun(personaId: string, input = 'Do it.', attachments: object[] = []): Promise<string> {
    const { run } = await this.asUser<{ run: { id: string } }>(
      owner,
      'create_run(persona_id => $1, input => $2, attachments => $3)',
      [personaId, input, JSON.stringify(attachments)],
    )
    return run.id
  }

  async run(id: string): Promise<RunRow> {
    const [run] = await this.query<RunRow>('select * from public.runs where id = $1', [id])
    if (!run) throw new Error(`There is no run ${id}.`)
    return run
  }

  async steps(runId: string): Promise<StepRow[]> {
    return this.query<StepRow>(
      'select seq, kind, data, duration_ms from public.run_steps where run_id = $1 order by seq',
      [runId],
    )
  }

  /** Waits until `isReached` is true for the run. If that takes too long, fails with the run's steps. */
  async until(runId: string, isReached: (run: RunRow) => boolean, seconds = 20): Promise<RunRow> {
    const giveUpAt = Date.now() + seconds * 1000
    for (;;) {
      const run = await this.run(runId)
      if (isReached(run)) return run
      if (Date.now() > giveUpAt) {
        const steps = (await this.steps(runId)).map((step) => JSON.stringify(step.data)).join('\n')
        throw new Error(`The run is ${run.status} (${run.waiting_for ?? run.reason ?? ''}):\n${steps}`)
      }
      await sleep(30)
    }
  }

  ended(runId: string, seconds?: number): Promise<RunRow> {
    return this.until(runId, (run) => isTerminal(run.status), seconds)
  }

  /** The requests to the model, in order. */
  async requests(model: string): Promise<SeenBody[]> {
    return (await scriptRequests(this.modelUrl, model)).map(({ body }) => body as SeenBody)
  }

  async close(): Promise<void> {
    for (const executor of this.#executors) await executor.close()
    for (const runners of this.#runners) await runners.close()
    await this.embedded.close()
    await this.#parts.closeModel()
    await this.#parts.dropDatabase?.()
    await rm(this.folder, { recursive: true, force: true })
  }
}
