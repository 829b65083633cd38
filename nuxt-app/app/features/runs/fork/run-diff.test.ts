import { expect, test } from 'vitest'
import type { RunStep } from '#contracts/runs'
import { compareRuns, sharedUntil } from './run-diff.ts'

const step = (seq: number, kind: string, data: object): RunStep => ({
  run_id: 'r',
  seq,
  kind,
  data,
  duration_ms: null,
  created_at: '2026-01-01T00:00:00Z',
})
const model = (seq: number, text: string, cost = '0.01') =>
  step(seq, 'model', {
    llm_call_id: String(seq),
    model: 'demo',
    text,
    tool_calls: [],
    input_tokens: 1,
    output_tokens: 1,
    cost,
  })
const tool = (seq: number, name: string, args: object, output: unknown = 'ok') =>
  step(seq, 'tool', {
    tool_run_id: `t${seq}`,
    call_id: `c${seq}`,
    tool: name,
    status: 'succeeded',
    attempt: 1,
    arguments: args,
    output,
  })
const shape = (pairs: ReturnType<typeof compareRuns>) =>
  pairs.map(({ left, right, differs }) => [left?.seq ?? null, right?.seq ?? null, differs])

test('the same twice differs in nothing, whatever the order of the fields', () => {
  const left = [model(1, 'Hello'), tool(2, 'send', { to: 'a', subject: 'b' })]
  const right = [model(1, 'Hello'), tool(2, 'send', { subject: 'b', to: 'a' })]
  expect(shape(compareRuns(left, right))).toEqual([
    [1, 1, []],
    [2, 2, []],
  ])
})

test('text, cost, arguments and results that differ are named', () => {
  const left = [model(1, 'Hello'), tool(2, 'send', { to: 'a' }, 1)]
  const right = [model(1, 'Bye', '0.02'), tool(2, 'send', { to: 'b' }, 2)]
  expect(compareRuns(left, right).map(({ differs }) => differs)).toEqual([
    ['text', 'cost'],
    ['arguments', 'result'],
  ])
})

test('what only one of them did stands alone, and the rest stays side by side', () => {
  const left = [model(1, 'a'), tool(2, 'search', {}), model(3, 'b')]
  const right = [model(1, 'a'), tool(2, 'send', {}), model(3, 'b')]
  expect(shape(compareRuns(left, right))).toEqual([
    [1, 1, []],
    [2, null, []],
    [null, 2, []],
    [3, 3, []],
  ])
})

test('what both share before the fork is left out, and states of the engine are no actions', () => {
  const left = [model(1, 'shared'), step(2, 'status', { from: 'running', to: 'completed' }), model(3, 'end')]
  expect(shape(compareRuns(left, [model(1, 'end')], 1))).toEqual([[3, 1, []]])
})

test('a fork shares the calls of its step where it took their answers, and not where it made them again', () => {
  const left = [model(1, 'I write.'), tool(2, 'write', { n: 1 }), model(3, 'And again.'), tool(4, 'write', { n: 2 })]
  const other = [model(1, 'Something else.')]
  expect(sharedUntil(left, other, 1)).toBe(2)
  expect(sharedUntil(left, [], 1)).toBe(2)
  expect(sharedUntil(left, [tool(1, 'write', { n: 1 }), ...other], 1)).toBe(1)
  expect(shape(compareRuns(left, other, sharedUntil(left, other, 3)))).toEqual([[null, 1, []]])
})
