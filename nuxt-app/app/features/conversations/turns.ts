/** The turns of a conversation: what people said, and the run that answers it. Pure. */
import { isTerminal } from '#contracts/runs'
import type { MessageRow, TurnRow } from './queries'

export interface Turn {
  run: TurnRow
  /** In order. The first began the run; the others came while it was under way. */
  messages: MessageRow[]
}

/** In order, without those that were replaced when a person tried again. */
export function turnsOf(runs: TurnRow[], messages: MessageRow[]): Turn[] {
  const said = Map.groupBy(
    messages.toSorted((a, b) => a.position - b.position),
    ({ run_id }) => run_id,
  )
  return runs
    .filter(({ replaced_by }) => replaced_by === null)
    .toSorted((a, b) => (a.turn ?? 0) - (b.turn ?? 0))
    .map((run) => ({ run, messages: said.get(run.id) ?? [] }))
}

/** True for a message that the run has not read yet. */
export const isWaiting = (message: MessageRow, run: TurnRow) =>
  message.taken_at === null && message.id !== run.id && !isTerminal(run.status)
