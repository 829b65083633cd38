import type { Approval } from '#contracts/api'
import type { ColumnsOf, Db } from '../../common/db'
import { rows } from '../../common/rows'

const approvalColumns =
  'id, persona_id, run_id, kind, question, options, tool_name, arguments, arguments_hash, status, decision, answer, expires_at, created_at'

export type ApprovalRow = Pick<Approval, ColumnsOf<typeof approvalColumns>>
/** What a form needs to ask somebody. */
export type AskedRow = Pick<Approval, 'id' | 'kind' | 'options' | 'tool_name' | 'arguments' | 'arguments_hash'>

export const listApprovalsOfRun = (db: Db, runId: string) =>
  rows<ApprovalRow>(db.from('approvals').select(approvalColumns).eq('run_id', runId).order('created_at'))
