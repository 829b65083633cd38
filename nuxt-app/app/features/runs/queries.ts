import type { SupabaseClient } from '@supabase/supabase-js'
import type { Approval, Run, RunSummary } from '#contracts/api'
import type { RunStatus } from '#contracts/runs'
import { row, rows } from '../../common/rows'

export type RunRow = Pick<
  RunSummary,
  | 'id'
  | 'workspace_id'
  | 'persona_id'
  | 'status'
  | 'waiting_for'
  | 'reason'
  | 'input'
  | 'cost'
  | 'source'
  | 'created_by'
  | 'created_at'
  | 'started_at'
  | 'finished_at'
>
export type RunDetailRow = RunRow &
  Pick<Run, 'error' | 'output' | 'attachments' | 'trace_id' | 'persona_version_id' | 'parent_run_id'> & {
    /** The segment of the parent that a fork starts after. */
    forked_segment: number | null
    /** What a person said at the fork, for the persona to go on with. */
    added_input: string | null
  }
export interface ArtifactRow {
  id: string
  run_id: string
  name: string
  content_type: string
  size: number
  sha256: string
  created_at: string
}
export type ApprovalRow = Omit<Approval, 'workspace_id' | 'tool_run_id' | 'decided_by' | 'decided_at'>
/** What a form needs to ask somebody. */
export type AskedRow = Pick<Approval, 'id' | 'kind' | 'options' | 'tool_name' | 'arguments' | 'arguments_hash'>

const runColumns =
  'id, workspace_id, persona_id, status, waiting_for, reason, input, cost, source, created_by, created_at, started_at, finished_at'
const approvalColumns =
  'id, persona_id, run_id, kind, question, options, tool_name, arguments, arguments_hash, status, decision, answer, expires_at, created_at'

export interface RunFilter {
  workspaceId: string
  personaId?: string
  status?: RunStatus
  /** The id of the last run seen: the way on in the list. */
  before?: string
  limit: number
}

/** Newest first, by keyset: a run that starts meanwhile shifts nothing. */
export function listRuns(db: SupabaseClient, filter: RunFilter) {
  let query = db.from('runs').select(runColumns).eq('workspace_id', filter.workspaceId)
  if (filter.personaId) query = query.eq('persona_id', filter.personaId)
  if (filter.status) query = query.eq('status', filter.status)
  // ids are UUIDv7, in the order of creation
  if (filter.before) query = query.lt('id', filter.before)
  return rows<RunRow>(query.order('id', { ascending: false }).limit(filter.limit))
}

export const readRun = (db: SupabaseClient, id: string) =>
  row<RunDetailRow>(
    db
      .from('runs')
      .select(
        `${runColumns}, error, output, attachments, trace_id, persona_version_id, parent_run_id, forked_segment, added_input`,
      )
      .eq('id', id)
      .maybeSingle(),
  )

export const listArtifacts = (db: SupabaseClient, runId: string) =>
  rows<ArtifactRow>(
    db
      .from('artifacts')
      .select('id, run_id, name, content_type, size, sha256, created_at')
      .eq('run_id', runId)
      .order('created_at'),
  )

/** What waits for a person in a workspace, oldest first. */
export const listPendingApprovals = (db: SupabaseClient, workspaceId: string) =>
  rows<ApprovalRow>(
    db
      .from('approvals')
      .select(approvalColumns)
      .eq('workspace_id', workspaceId)
      .eq('status', 'pending')
      .order('created_at')
      .limit(200),
  )

export const listApprovalsOfRun = (db: SupabaseClient, runId: string) =>
  rows<ApprovalRow>(db.from('approvals').select(approvalColumns).eq('run_id', runId).order('created_at'))
