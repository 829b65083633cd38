/** Reads a run with its steps, and its files with links. */
import { Run, RunDetailsResponse } from '../../contracts/api.ts'
import { columnsOf } from '../../contracts/columns.ts'
import type { Config } from '../_shared/config.ts'
import { type Db, find } from '../_shared/data/database.ts'
import { Problem } from '../_shared/problem.ts'
import { artifactsOfRun } from './run-files.ts'
import { readSteps } from './run-steps.ts'

const columns = columnsOf('runs', Run)

/** Throws `run_not_found` if the caller may not see the run. The audit log records the access to its files. */
export async function readRun(db: Db, config: Config, id: string): Promise<RunDetailsResponse> {
  const [run, steps, artifacts] = await Promise.all([
    find(db.from('runs').select(columns).eq('id', id).maybeSingle()),
    readSteps(db, id),
    artifactsOfRun(db, config, id),
  ])
  if (!run) throw new Problem('run_not_found')
  return RunDetailsResponse.parse({ run: { ...run, artifacts }, steps })
}
