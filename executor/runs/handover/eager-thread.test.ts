import { expect, it } from 'vitest'
import type { ClaimedRun, ToolResult } from '../../platform/types.ts'
import type { SegmentContext } from '../graph/segment-context.ts'
import type { AnsweredCall, Message } from '../model/model-client.ts'
import { EagerThread, SpareThread } from './eager-thread.ts'

const run = {
  plan: [],
  models: [{ provider: 'own', model: 'test' }],
  persona: { name: 'Ada', description: '' },
  instructions: 'Be brief.',
  created_at: '2026-11-23T08:00:00Z',
  segment: 0,
} as unknown as ClaimedRun
const result: ToolResult = { call_id: 'a', tool: 'noop', status: 'succeeded', output: { fine: true }, error: null }

/** Answers with a call until it has seen a result, then with text. */
function context(seen: Message[][] = []): SegmentContext {
  return {
    run,
    news: { results: [], messages: [{ id: 'run', input: 'Do it.', attachments: [] }] },
    async callModel({ messages }) {
      seen.push(messages)
      const toolCalls = messages.at(-1)?.role === 'tool' ? [] : [{ id: 'a', name: 'noop', arguments: '{}' }]
      return { text: toolCalls.length > 0 ? '' : 'done', toolCalls } as unknown as AnsweredCall
    },
    readEarlier: async () => ({ found: [], matches: 0 }),
    searchTools: async () => [],
    describeTools: async () => [],
    record: { steps: [], toolCalls: [] },
  }
}

it('can begin a segment before its input is known', async () => {
  const thread = new EagerThread()
  thread.begin()
  const first = await thread.runSegment(context())
  thread.begin()
  const seen: Message[][] = []
  const second = await thread.runSegment({ ...context(seen), news: { results: [result], messages: [] } })
  expect(second.calls).toBeUndefined()
  expect(second.checkpoint.parentId).toBe(first.checkpoint.checkpointId)
  expect(seen[0]?.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'tool'])
})

it('does not begin a segment while another one runs', async () => {
  const thread = new EagerThread()
  const late = context()
  const { callModel } = late
  late.callModel = (...ask) => {
    thread.begin()
    return callModel(...ask)
  }
  const first = await thread.runSegment(late)
  const second = await thread.runSegment({ ...context(), news: { results: [result], messages: [] } })
  expect(second.checkpoint.parentId).toBe(first.checkpoint.checkpointId)
  expect(second.calls).toBeUndefined()
})

it('keeps one thread ready, and gives it away only once', async () => {
  const spare = new SpareThread()
  spare.begin()
  const threads = [spare.take(), spare.take()]
  expect(threads[0]).not.toBe(threads[1])
  const ends = await Promise.all(threads.map((thread) => thread.runSegment(context())))
  expect(ends.map((end) => end.calls?.length)).toEqual([1, 1])
})
