import { expect, test } from 'vitest'
import type { MessageRow, TurnRow } from './queries.ts'
import { isWaiting, turnsOf } from './turns.ts'

const run = (id: string, turn: number, more: Partial<TurnRow> = {}) =>
  ({ id, turn, replaced_by: null, status: 'completed', ...more }) as TurnRow
const message = (id: string, run_id: string, position: number, taken_at: string | null = 'then') =>
  ({ id, run_id, position, taken_at }) as MessageRow
const shape = (runs: TurnRow[], messages: MessageRow[]) =>
  turnsOf(runs, messages).map((turn) => [turn.run.id, ...turn.messages.map(({ id }) => id)])

test('turns and messages are in order, however they were read', () => {
  const runs = [run('b', 2), run('a', 1)]
  const messages = [message('b', 'b', 3), message('late', 'a', 2), message('a', 'a', 1)]
  expect(shape(runs, messages)).toEqual([
    ['a', 'a', 'late'],
    ['b', 'b'],
  ])
})

test('a turn that was tried again is left out', () => {
  const runs = [run('a', 1, { replaced_by: 'b' }), run('b', 2)]
  expect(shape(runs, [message('a', 'a', 1), message('b', 'b', 2)])).toEqual([['b', 'b']])
})

test('a message waits until the run under way has read it', () => {
  const underWay = run('a', 1, { status: 'running' })
  expect(isWaiting(message('late', 'a', 2, null), underWay)).toBe(true)
  expect(isWaiting(message('late', 'a', 2), underWay)).toBe(false)
  expect(isWaiting(message('a', 'a', 1, null), underWay), 'the first begins the run').toBe(false)
  expect(isWaiting(message('late', 'a', 2, null), run('a', 1)), 'the run has ended').toBe(false)
})
