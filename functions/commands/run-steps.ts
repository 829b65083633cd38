/** Reads all steps of a run, in pages: PostgREST returns at most a thousand rows at once. */

import { columnsOf } from '../../contracts/columns.ts'
import { RunStep } from '../../contracts/runs.ts'
import { ask, type Db } from '../_shared/data/database.ts'

const PAGE = 1000

export async function readSteps(db: Db, runId: string): Promise<unknown[]> {
  const steps: { seq: number }[] = []
  for (;;) {
    const page = await ask(
      db
        .from('run_steps')
        .select(columnsOf('run_steps', RunStep))
        .eq('run_id', runId)
        .gt('seq', steps.at(-1)?.seq ?? 0)
        .order('seq')
        .limit(PAGE),
    )
    steps.push(...page)
    if (page.length < PAGE) return steps
  }
}
