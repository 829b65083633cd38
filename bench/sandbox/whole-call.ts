/** Tool calls as in production: commit of the segment that makes the call -> executor -> sandbox -> finish_tool. */
import { randomBytes, randomUUID } from 'node:crypto'
import { pino } from 'pino'
import type { DatabaseHandle, Query } from '../../contracts/database-handle.ts'
import { startExecutor } from '../../executor/executor.ts'
import type { Sandboxes } from '../../executor/sandbox/index.ts'
import { openPostgres } from '../../supabase/connection/postgres.ts'
import { fakes, PERSONA } from '../engine/platform.ts'
import { POOL, TASK, TOOL } from '../engine/work.ts'

/** Milliseconds of each call, one run after another: from the commit that makes it to the commit of its result. */
export async function wholeCalls(databaseUrl: string, sandboxes: Sandboxes, runs: number): Promise<number[]> {
  const database = openPostgres(databaseUrl, { max: POOL })
  const watch = watchCalls(database)
  const executor = await startExecutor({
    openModel: fakes.openModel,
    database: watch.database,
    supabaseUrl: 'http://127.0.0.1:9',
    secretKey: 'unused',
    encryptionKey: randomBytes(32).toString('base64'),
    defaultModel: { baseUrl: 'http://unused/v1', apiKey: '', model: 'demo', isDemo: true },
    sandboxes,
    log: pino({ level: 'warn' }),
  })
  const start =
    'select from platform.start_run(persona_id => $1, actor_id => null, source => $2, input => $3, run_id => $4)'
  // when an executor starts, it switches off the tools that it does not have
  await database.query('update public.tools set is_enabled = true where name = $1', [TOOL])
  try {
    for (let run = 0; run < runs; run++) {
      const ended = watch.nextEnd()
      await database.query(start, [PERSONA, 'api', TASK, randomUUID()])
      await ended
    }
    return watch.durations
  } finally {
    await executor.close()
    await database.close()
  }
}

/** Reads in the executor's own transitions when a call was made, when it was finished, and when its run ended. */
function watchCalls(database: DatabaseHandle) {
  const durations: number[] = []
  let madeAt = 0
  let onEnd = () => {}
  const query: Query = async <T>(sql: string, params: unknown[] = []) => {
    const rows = await database.query<T>(sql, params)
    if (!sql.includes('write_transitions')) return rows
    const kinds = (JSON.parse(String(params[0])) as { kind: string }[]).map(({ kind }) => kind)
    const answers = (rows[0] as { result: { status?: string }[] }).result
    if (kinds.includes('finish_tool')) durations.push(performance.now() - madeAt)
    else if (kinds.includes('commit_segment')) madeAt = performance.now()
    if (answers.some((answer) => answer?.status === 'completed')) onEnd()
    return rows
  }
  const nextEnd = () =>
    new Promise<void>((resolve) => {
      onEnd = resolve
    })
  return { database: { ...database, query }, durations, nextEnd }
}
