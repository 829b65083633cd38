/** Gives a persona work. */
import { z } from 'zod'
import { CreateRunRequest, RunResponse } from '../../contracts/api.ts'
import { columnsOf } from '../../contracts/columns.ts'
import { ask, type Db, find } from '../_shared/data/database.ts'
import { Problem } from '../_shared/problem.ts'

/** What `create_run` answers; `created` is false when the key was known and the run is the first one again. */
const StartedRun = RunResponse.extend({ created: z.boolean() })
export type StartedRun = z.infer<typeof StartedRun>

/** The database checks access, budget and rate. The same `idempotencyKey` from the same person starts one run only. */
export async function startRun(
  db: Db,
  request: z.output<typeof CreateRunRequest>,
  idempotencyKey: string | undefined,
): Promise<StartedRun> {
  return StartedRun.parse(await ask(db.rpc('create_run', { ...request, idempotency_key: idempotencyKey })))
}

/** Starts the same work once more, with the persona as it is now. */
export async function runAgain(db: Db, runId: string, idempotencyKey: string | undefined): Promise<StartedRun> {
  const columns = columnsOf('runs', CreateRunRequest)
  const work = await find(db.from('runs').select(columns).eq('id', runId).maybeSingle())
  if (!work) throw new Problem('run_not_found')
  return StartedRun.parse(await ask(db.rpc('create_run', { ...work, idempotency_key: idempotencyKey })))
}
