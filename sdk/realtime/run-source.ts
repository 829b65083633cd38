/** Reads the steps of a run from PostgREST, and receives new ones on the private topic `run:<id>`. */
import type { SupabaseClient } from '@supabase/supabase-js'
import { columnsOf } from '../../contracts/columns.ts'
import type { Database } from '../../contracts/database.ts'
import {
  type PrintedEvent,
  RunStep,
  runEvents,
  runTopic,
  type StepsEvent,
  type TokenEvent,
  type ToolProgressEvent,
} from '../../contracts/runs.ts'
import { databaseFailure } from '../failure.ts'
import type { RunSource } from './follow-run.ts'
import { keepJoined } from './keep-joined.ts'

type Db = SupabaseClient<Database>

const STEPS_A_READ = 500

/** All steps with `seq > after`, in order, read in pages. Empty if the caller may not see the run. */
export async function readSteps(db: Db, runId: string, after = 0): Promise<RunStep[]> {
  const steps: RunStep[] = []
  for (;;) {
    const { data, error, status } = await db
      .from('run_steps')
      .select(columnsOf('run_steps', RunStep))
      .eq('run_id', runId)
      .gt('seq', steps.at(-1)?.seq ?? after)
      .order('seq')
      .limit(STEPS_A_READ)
    if (error) throw databaseFailure(error, status)
    steps.push(...data)
    if (data.length < STEPS_A_READ) return steps
  }
}

export function runSource(db: Db, runId: string): RunSource {
  return {
    readSteps: (after) => readSteps(db, runId, after),
    subscribe: (on) =>
      keepJoined(
        db,
        () =>
          db
            .channel(runTopic(runId), { config: { private: true } })
            .on('broadcast', { event: runEvents.steps }, ({ payload }) => on.steps((payload as StepsEvent).steps))
            .on('broadcast', { event: runEvents.tokens }, ({ payload }) => on.tokens(payload as TokenEvent))
            .on('broadcast', { event: runEvents.progress }, ({ payload }) => on.progress(payload as ToolProgressEvent))
            .on('broadcast', { event: runEvents.printed }, ({ payload }) => on.printed(payload as PrintedEvent)),
        (isJoined) => on.connection(isJoined ? 'live' : 'reconnecting'),
      ),
  }
}
