/** Our side: the executor on its queues, with ledger, fence, lease and audit as in production. */
import { randomBytes, randomUUID } from 'node:crypto'
import { pino } from 'pino'
import type { DatabaseHandle, Query } from '../../contracts/database-handle.ts'
import { type ExecutorOptions, startExecutor } from '../../executor/executor.ts'
import { openPostgres } from '../../supabase/connection/postgres.ts'
import { answer, noop, POOL, type Side, TASK, TOOL } from './work.ts'

/** The executor takes as many runs at once as the benchmark needs. */
const SLOTS = 64
/** From seed.sql. */
export const PERSONA = '20000000-0000-4000-8000-000000000001'

/** Registers the tool, and gives the persona caps that are checked but never reached. */
export async function prepare(query: Query): Promise<void> {
  await query(
    `insert into public.tools (name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds)
     values ($1, 'Does nothing.', 'bench', '{"type": "object"}', '{}', 'pure', 'sandbox', 60)`,
    [TOOL],
  )
  await query(
    `update public.persona_versions set limits = '{"max_parallel_runs": 100000, "cost_per_run": null}' where persona_id = $1`,
    [PERSONA],
  )
}

/** What replaces models and tools; the rest of the executor is as in production. */
export const fakes = {
  openModel: () => ({ complete: ({ messages }) => answer(messages) }),
  toolExecutors: {
    sandbox: {
      execute: async () => ({ output: await noop(), files: [] }),
      reconcile: async () => ({ happened: 'unknown' }),
    },
  },
} satisfies Partial<ExecutorOptions>

export async function startPlatformSide(databaseUrl: string): Promise<Side> {
  const database = openPostgres(databaseUrl, { max: POOL })
  const ends = new Map<string, () => void>()
  const executor = await startExecutor({
    ...fakes,
    database: reportEnds(database, (runId) => ends.get(runId)?.()),
    supabaseUrl: 'http://127.0.0.1:9',
    secretKey: 'unused',
    encryptionKey: randomBytes(32).toString('base64'),
    defaultModel: { baseUrl: 'http://unused/v1', apiKey: '', model: 'demo', isDemo: true },
    sandboxes: { describe: 'none', sandboxFor: () => Promise.reject(new Error('the benchmark has no sandbox')) },
    log: pino({ level: 'warn' }),
    concurrency: { runs: SLOTS, tools: SLOTS },
  })
  return {
    async run() {
      const id = randomUUID()
      const end = new Promise<void>((resolve) => ends.set(id, resolve))
      const start =
        'select from platform.start_run(persona_id => $1, actor_id => null, source => $2, input => $3, run_id => $4)'
      await database.query(start, [PERSONA, 'api', TASK, id])
      await end
      ends.delete(id)
    },
    async close() {
      await executor.close()
      await database.close()
    },
  }
}

/** Reports each run whose last segment is committed, at the moment when the executor knows it. */
function reportEnds(database: DatabaseHandle, onEnd: (runId: string) => void): DatabaseHandle {
  const query: Query = async <T>(sql: string, params: unknown[] = []) => {
    const rows = await database.query<T>(sql, params)
    if (!sql.includes('write_transitions')) return rows
    const answers = (rows[0] as { result: { status?: string }[] }).result
    if (!answers.some(({ status }) => status === 'completed')) return rows
    const transitions = JSON.parse(String(params[0])) as { run_id: string }[]
    answers.forEach(({ status }, place) => {
      if (status === 'completed') onEnd(transitions[place]!.run_id)
    })
    return rows
  }
  return { ...database, query }
}
