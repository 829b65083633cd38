/** Gives a persona work. */
import { z } from 'zod'
import { type CreateRunRequest, RunResponse } from '../../contracts/api.ts'
import { ask, type Db } from '../_shared/data/database.ts'

/** The answer of `create_run`. `created` is false if the idempotency key was used before, and the run is the first one. */
const StartedRun = RunResponse.extend({ created: z.boolean() })
export type StartedRun = z.infer<typeof StartedRun>

/** The database checks access, budget and rate. A repeated `idempotencyKey` of the same person starts no second run. */
export async function startRun(
  db: Db,
  request: z.output<typeof CreateRunRequest>,
  idempotencyKey: string | undefined,
): Promise<StartedRun> {
  return StartedRun.parse(await ask(db.rpc('create_run', { ...request, idempotency_key: idempotencyKey })))
}

/** Starts the work of a run again, with the current version of the persona. */
export async function runAgain(db: Db, runId: string, idempotencyKey: string | undefined): Promise<StartedRun> {
  return StartedRun.parse(await ask(db.rpc('repeat_run', { run_id: runId, idempotency_key: idempotencyKey })))
}
