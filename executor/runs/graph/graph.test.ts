import { describe, expect, it } from 'vitest'
import type { ClaimedRun, ToolResult, UserMessage } from '../../platform/types.ts'
import { openFastHandover } from '../handover/fast.ts'
import type { HandoverParts } from '../handover/handover.ts'
import { openPlainHandover } from '../handover/plain.ts'
import type { AnsweredCall, Message } from '../model/model-client.ts'
import type { News, SegmentContext } from './segment-context.ts'

const run = {
  run_id: 'run',
  plan: [],
  models: [{ provider: 'own', model: 'test' }],
  persona: { name: 'Ada', description: '' },
  instructions: 'Be brief.',
  created_at: '2026-11-23T08:00:00Z',
  segment: 0,
} as unknown as ClaimedRun

/** Answers with a call until it has seen a result, then with text. */
function context(seen: Message[][] = [], toolCalls = [{ id: 'a', name: 'noop', arguments: '{}' }]): SegmentContext {
  return {
    run,
    news: given,
    async callModel({ messages }) {
      seen.push(messages)
      const last = messages.at(-1)
      const calls = last?.role === 'tool' ? [] : toolCalls
      return { text: calls.length > 0 ? '' : 'done', toolCalls: calls } as unknown as AnsweredCall
    },
    readEarlier: async () => ({ found: [], matches: 0 }),
    searchTools: async () => [{ name: 'noop', description: 'Does nothing.' }],
    describeTools: async () => [{ name: 'noop', description: 'Does nothing.', input_schema: { type: 'object' } }],
    record: { steps: [], toolCalls: [] },
  }
}

const result: ToolResult = { call_id: 'a', tool: 'noop', status: 'succeeded', output: { fine: true }, error: null }
const said = (input: string): UserMessage => ({ id: 'message', input, attachments: [] })
const given: News = { results: [], messages: [said('Do it.')] }
const answered = (...results: ToolResult[]): News => ({ results, messages: [] })
const defaultModel = { baseUrl: 'http://unused/v1', apiKey: '', model: 'demo', isDemo: true }
const parts = {} as HandoverParts // threads use none of them
const handovers = { plain: openPlainHandover(parts), fast: openFastHandover({ ...parts, defaultModel }) }

describe.each(Object.entries(handovers))('with the %s handover', (_, handover) => {
  const open = (data?: string) =>
    handover.openThread({
      ...run,
      checkpoint: data === undefined ? null : { checkpoint_id: '', parent_id: null, data },
    })

  /** Runs one segment like a worker that has never seen the run. */
  function segment(data: string | undefined, from: SegmentContext, news = given) {
    return open(data).runSegment({ ...from, news })
  }

  it('stops at a call, and goes on in another worker from its checkpoint', async () => {
    const first = await segment(undefined, context())
    expect(first.calls).toEqual([{ call_id: 'a', tool: 'noop', arguments: {} }])
    expect(first.checkpoint.parentId).toBeNull()

    const seen: Message[][] = []
    const second = await segment(first.checkpoint.data, context(seen), answered(result))
    expect(second.calls).toBeUndefined()
    expect(second.checkpoint.parentId).toBe(first.checkpoint.checkpointId)
    expect(seen[0]?.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'tool'])
    expect(seen[0]?.at(-1)?.content).toBe('{"fine":true}')
  })

  it('gives the same result when it is repeated from the same checkpoint', async () => {
    const first = await segment(undefined, context())
    const ends = []
    for (let time = 0; time < 2; time++) {
      const seen: Message[][] = []
      await segment(first.checkpoint.data, context(seen), answered(result))
      ends.push(seen[0]?.map((message) => message.role))
    }
    expect(ends[0]).toEqual(ends[1])
  })

  it('answers lookups itself, and goes on in the same thread', async () => {
    const thread = open()
    const chosen = context([], [{ id: 'a', name: 'tool_describe', arguments: '{"names":["noop"]}' }])
    const first = await thread.runSegment(chosen)
    expect(first.calls).toEqual([])
    expect(chosen.record.steps).toMatchObject([{ kind: 'lookup', data: { tool: 'tool_describe', found: ['noop'] } }])
    const second = await thread.runSegment({ ...context(), news: answered() })
    expect(second.calls).toBeUndefined()
  })

  it('tells the model about a call without a result and about a denied call', async () => {
    const two = [
      { id: 'a', name: 'noop', arguments: '{}' },
      { id: 'b', name: 'noop', arguments: '{}' },
    ]
    const first = await segment(undefined, context([], two))
    const denied: ToolResult = { ...result, status: 'denied', output: null, error: { code: 'denied', message: 'No.' } }
    const seen: Message[][] = []
    await segment(first.checkpoint.data, context(seen), answered(denied))
    expect(seen[0]?.slice(-2).map((message) => JSON.parse(String(message.content)).error.code)).toEqual([
      'denied',
      'no_result',
    ])
  })

  it('adds what a person writes, to a run that stopped and to one that had ended', async () => {
    const first = await segment(undefined, context())
    const stopped: Message[][] = []
    await segment(first.checkpoint.data, context(stopped), { results: [result], messages: [said('And in blue.')] })
    expect(stopped[0]?.at(-1)).toEqual({ role: 'user', content: 'And in blue.' })

    const last = await segment(first.checkpoint.data, context(), answered(result))
    const ended: Message[][] = []
    const again = await segment(last.checkpoint.data, context(ended), { results: [], messages: [said('Once more.')] })
    expect(ended[0]?.at(-1)).toEqual({ role: 'user', content: 'Once more.' })
    expect(ended[0]?.filter((message) => message.role === 'user')).toHaveLength(2)
    expect(again.calls).toHaveLength(1)
  })

  it('begins with the task, its files and the plan of the run before', async () => {
    const seen: Message[][] = []
    const from = context(seen)
    const plan = [{ title: 'Write it', status: 'pending' as const }]
    const attachments = [{ name: 'a.csv', path: 'x/a.csv', content_type: 'text/csv', size: 3 }]
    const news: News = { results: [], messages: [{ ...said('Do it.'), attachments }] }
    const { checkpoint } = await open().runSegment({ ...from, news, run: { ...run, plan } })
    expect(seen[0]?.[1]?.content).toMatch(/^Do it\..*attachments\/message\/a\.csv \(text\/csv, 3 bytes\)/s)
    expect(JSON.parse(checkpoint.data).checkpoint.channel_values.plan).toEqual(plan)
  })

  it('cannot be used after a segment that failed', async () => {
    const thread = open()
    const failing = { ...context(), callModel: () => Promise.reject(new Error('no model')) }
    await expect(thread.runSegment(failing)).rejects.toThrow('no model')
    await expect(thread.runSegment(context())).rejects.toThrow('failed')
  })
})
