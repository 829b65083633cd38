import type { Run, RunSummary } from '#contracts/api'
import type { Tables } from '#contracts/database'
import type { RunStatus } from '#contracts/runs'
import type { ColumnsOf, Db } from '../../common/db'
import { row, rows } from '../../common/rows'

const runColumns =
  'id, workspace_id, persona_id, status, waiting_for, reason, input, cost, source, created_by, created_at, started_at, finished_at'
export const runDetailColumns =
  `${runColumns}, error, output, attachments, trace_id, persona_version_id, parent_run_id, conversation_id, forked_segment, added_input` as const

export type RunRow = Pick<RunSummary, ColumnsOf<typeof runColumns>>
/** `forked_segment`: the segment of the parent that a fork starts after; `added_input`: what a person said at the fork. */
export type RunDetailRow = Pick<
  Run & Pick<Tables<'runs'>, 'forked_segment' | 'added_input'>,
  ColumnsOf<typeof runDetailColumns>
>

export interface RunFilter {
  workspaceId: string
  personaId?: string
  status?: RunStatus
  limit: number
}

/** Newest first: ids are UUIDv7, in the order of creation. */
export function listRuns(db: Db, filter: RunFilter) {
  let query = db.from('runs').select(runColumns).eq('workspace_id', filter.workspaceId)
  if (filter.personaId) query = query.eq('persona_id', filter.personaId)
  if (filter.status) query = query.eq('status', filter.status)
  return rows<RunRow>(query.order('id', { ascending: false }).limit(filter.limit))
}

export const readRun = (db: Db, id: string) => row<RunDetailRow>(db.from('runs').select(runDetailColumns).eq('id', id))
