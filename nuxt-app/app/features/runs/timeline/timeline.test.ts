import { expect, test } from 'vitest'
import type { RunStep } from '#contracts/runs'
import { timelineOf } from './timeline.ts'

const steps = (...data: Record<string, unknown>[]): RunStep[] =>
  data.map((data, index) => ({
    run_id: 'run',
    seq: index + 1,
    kind: String(data.kind),
    data,
    duration_ms: data.kind === 'tool' && data.status === 'succeeded' ? 420 : null,
    created_at: '2026-11-23T08:00:00Z',
  }))
const call = { kind: 'tool', tool_run_id: 't1', call_id: 'c1', tool: 'generate_pdf', attempt: 0 }

test('the steps of one tool call are one entry, with its arguments and its result', () => {
  const { entries } = timelineOf(
    steps(
      { ...call, status: 'queued', arguments: { title: 'Q3' } },
      { ...call, status: 'started', attempt: 1 },
      { ...call, status: 'succeeded', attempt: 1, output: { path: 'q3.pdf' } },
    ),
  )
  expect(entries).toHaveLength(1)
  expect(entries[0]).toMatchObject({
    seq: 1,
    status: 'succeeded',
    arguments: { title: 'Q3' },
    output: { path: 'q3.pdf' },
    durationMs: 420,
  })
})

test('an error of an earlier attempt is gone when a later one succeeds', () => {
  const { entries } = timelineOf(
    steps(
      { ...call, status: 'queued', attempt: 1, error: { code: 'timeout', message: 'Too slow' } },
      { ...call, status: 'succeeded', attempt: 2, output: 1 },
    ),
  )
  expect(entries[0]).toMatchObject({ error: null, attempt: 2 })
})

test('an answer stands with its question', () => {
  const { entries } = timelineOf(
    steps(
      { kind: 'asked', approval_id: 'a1', about: 'question', question: 'Which year?' },
      { kind: 'answered', approval_id: 'a1', decision: 'answer', answer: '2026' },
    ),
  )
  expect(entries).toMatchObject([{ question: 'Which year?', decision: 'answer', answer: '2026' }])
})

test('beginning and end are news, the way between running and waiting is not', () => {
  const status = (from: string | null, to: string, reason?: string) => ({ kind: 'status', from, to, reason })
  const { entries } = timelineOf(
    steps(
      status(null, 'queued'),
      status('queued', 'running'),
      status('running', 'waiting'),
      status('running', 'failed', 'run_budget'),
    ),
  )
  expect(entries.map((entry) => entry.kind === 'status' && entry.data.to)).toEqual(['queued', 'failed'])
})

test('the newest plan counts, and cost is the sum of the calls', () => {
  const model = (llm_call_id: string, cost: string) => ({
    kind: 'model',
    llm_call_id,
    model: 'demo',
    text: '',
    tool_calls: [],
    input_tokens: 1,
    output_tokens: 1,
    cost,
  })
  const item = (status: string) => ({ title: 'Write the deck', status })
  const timeline = timelineOf(
    steps(
      { kind: 'plan', items: [item('active')] },
      model('1', '0.25'),
      { kind: 'plan', items: [item('done')] },
      model('2', '0.5'),
    ),
  )
  expect(timeline).toMatchObject({ plan: [{ status: 'done' }], cost: 0.75, modelCalls: 2 })
})

test('a step of a kind that is not known is left out', () => {
  expect(timelineOf(steps({ kind: 'weather' })).entries).toEqual([])
})
