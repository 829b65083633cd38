import type { RunStep } from '#contracts/runs'
import { listApprovalsOfRun } from './queries'

/** What a run has asked, read again when its steps tell of a question or an answer. */
export function useRunApprovals(runId: string, steps: () => RunStep[]) {
  const db = useSupabase()
  const told = () => steps().filter(({ kind }) => kind === 'asked' || kind === 'answered').length
  const { rows, error, refresh } = useList(
    () => `approvals:${runId}`,
    () => listApprovalsOfRun(db, runId),
    { live: (changed) => watch(told, changed) },
  )
  return { approvals: rows, error, refresh }
}
