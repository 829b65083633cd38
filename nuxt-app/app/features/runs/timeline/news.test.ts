import { expect, test } from 'vitest'
import type { RunStep } from '#contracts/runs'
import { newsOf } from './news.ts'
import { timelineOf } from './timeline.ts'

const newsAfter = (...data: Record<string, unknown>[]) => {
  const steps: RunStep[] = data.map((step, index) => ({
    run_id: 'run',
    seq: index + 1,
    kind: String(step.kind),
    data: step,
    duration_ms: null,
    created_at: '2026-11-23T08:00:00Z',
  }))
  return newsOf(timelineOf(steps).entries)
}
const call = { kind: 'tool', tool_run_id: 't1', call_id: 'c1', tool: 'generate_pdf', attempt: 1 }

test('a tool call is news again whenever its state changes', () => {
  const began = newsAfter({ ...call, status: 'started', arguments: {} })
  const ended = newsAfter({ ...call, status: 'started', arguments: {} }, { ...call, status: 'succeeded', output: 1 })
  expect(began.map(({ text }) => text)).toEqual(['Generate PDF: Working.'])
  expect(ended.map(({ text }) => text)).toEqual(['Generate PDF: Done.'])
  expect(began[0]!.key).not.toBe(ended[0]!.key)
})

test('questions, errors and the end are urgent; a question that was answered is none any more', () => {
  const asked = { kind: 'asked', approval_id: 'a', about: 'question', question: 'Which year?' }
  const failed = { ...call, status: 'failed', error: { code: 'timeout', message: 'Too slow.' } }
  const end = { kind: 'status', from: 'running', to: 'failed', reason: 'time_limit' }
  const news = newsAfter(asked, failed, end)
  expect(news.every(({ isUrgent }) => isUrgent)).toBe(true)
  expect(news.map(({ text }) => text)).toEqual([
    'Question: Which year?',
    'Generate PDF: Failed. Too slow.',
    'The run has ended: Failed. This run reached its time limit.',
  ])
  expect(newsAfter(asked, { kind: 'answered', approval_id: 'a', decision: 'answer', answer: '2026' })).toEqual([])
})
