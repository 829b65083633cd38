import type { Run, RunOrigin, RunSummary } from '#contracts/api'
import type { Tables } from '#contracts/database'
import type { RunStatus } from '#contracts/runs'
import type { ColumnsOf, Db } from '../../common/db'
import { startOfDay } from '../../common/format/times'
import { row, rows } from '../../common/rows'

const runColumns =
  'id, workspace_id, persona_id, status, waiting_for, reason, input, title, cost, source, parent_run_id, created_by, created_at, started_at, finished_at'
export const runDetailColumns =
  `${runColumns}, error, output, attachments, trace_id, persona_version_id, conversation_id, forked_segment, added_input` as const

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
  /** Looked for in the task. */
  words?: string
  origin?: RunOrigin
  /** Who started it, or owns the schedule or webhook that did. */
  createdBy?: string
  /** Days as "2026-11-28", in the time of this browser; both are included. */
  from?: string
  to?: string
  minCost?: number
  limit: number
}

/** Newest first: ids are UUIDv7, in the order of creation. */
export function listRuns(db: Db, filter: RunFilter) {
  let query = db.from('runs').select(runColumns).eq('workspace_id', filter.workspaceId)
  if (filter.personaId) query = query.eq('persona_id', filter.personaId)
  if (filter.status) query = query.eq('status', filter.status)
  if (filter.words) query = query.ilike('input', `%${filter.words.replaceAll(/[\\%_]/g, '\\$&')}%`)
  if (filter.createdBy) query = query.eq('created_by', filter.createdBy)
  if (filter.from) query = query.gte('created_at', startOfDay(filter.from))
  if (filter.to) query = query.lt('created_at', startOfDay(filter.to, 1))
  if (filter.minCost) query = query.gte('cost', filter.minCost)
  if (filter.origin === 'repetition') query = query.eq('source', 'person').not('parent_run_id', 'is', null)
  else if (filter.origin === 'person') query = query.eq('source', 'person').is('parent_run_id', null)
  else if (filter.origin) query = query.eq('source', filter.origin)
  return rows<RunRow>(query.order('id', { ascending: false }).limit(filter.limit))
}

export const readRun = (db: Db, id: string) => row<RunDetailRow>(db.from('runs').select(runDetailColumns).eq('id', id))
