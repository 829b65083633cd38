/** Decides a question: whether a call may run, what the answer is, or whether an effect happened. */
import { ApprovalResponse, type DecideRequest } from '../../contracts/api.ts'
import type { Json } from '../../contracts/database.ts'
import { ask, type Db } from '../_shared/data/database.ts'
import { requireFittingArguments } from './edited-arguments.ts'

/** The database checks that the caller may decide, that nobody has decided yet, and that the arguments have not changed. */
export async function decide(db: Db, approvalId: string, request: DecideRequest) {
  const { edited, ...decision } = request
  if (edited) await requireFittingArguments(db, approvalId, edited)
  const approval = await ask(
    db.rpc('decide', { approval_id: approvalId, ...decision, edited: edited as Json | undefined }),
  )
  return ApprovalResponse.parse({ approval })
}
