import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RunStep } from '../../contracts/runs.ts'
import { addProgress, addSteps, addTokens, emptyFeed, hasGap, lastSeq, statusOf } from './run-feed.ts'
import { readText } from './streamed-text.ts'

const step = (seq: number, data: Record<string, unknown> = { kind: 'plan', items: [] }): RunStep => ({
  run_id: 'run',
  seq,
  kind: String(data.kind),
  data,
  duration_ms: null,
  created_at: '2026-11-23T08:00:00Z',
})
const status = (seq: number, to: string) => step(seq, { kind: 'status', from: 'queued', to })
const model = (seq: number, llm_call_id: string) => step(seq, { kind: 'model', llm_call_id })
const seqs = (steps: RunStep[]) => steps.map((step) => step.seq)

describe('steps', () => {
  test('the feed is 1, 2, 3 … without gaps and duplicates, in whatever order and however often steps arrive', () => {
    const arrivals = fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }), { maxLength: 30 })
    fc.assert(
      fc.property(arrivals, (batches) => {
        const feed = batches.reduce(
          (feed, batch) =>
            addSteps(
              feed,
              batch.map((seq) => step(seq)),
            ),
          emptyFeed(),
        )
        const arrived = new Set(batches.flat())
        let whole = 0
        while (arrived.has(whole + 1)) whole++
        expect(seqs(feed.steps)).toEqual(Array.from({ length: whole }, (_, index) => index + 1))
        expect(lastSeq(feed)).toBe(whole)
        expect(hasGap(feed)).toBe([...arrived].some((seq) => seq > whole))
      }),
    )
  })

  test('a step behind a gap waits until the gap is filled', () => {
    const broken = addSteps(addSteps(emptyFeed(), [step(1)]), [step(3)])
    expect(seqs(broken.steps)).toEqual([1])
    expect(hasGap(broken)).toBe(true)
    const mended = addSteps(broken, [step(2), step(3)])
    expect(seqs(mended.steps)).toEqual([1, 2, 3])
    expect(hasGap(mended)).toBe(false)
  })

  test('the last status counts', () => {
    expect(statusOf(emptyFeed())).toBeNull()
    expect(statusOf(addSteps(emptyFeed(), [status(1, 'queued'), status(2, 'running'), step(3)]))).toBe('running')
  })
})

describe('the streaming text', () => {
  const tokens = (llm_call_id: string, offset: number, text: string) => ({ llm_call_id, offset, text })

  test('grows piece by piece until its step arrives', () => {
    let feed = addTokens(addTokens(emptyFeed(), tokens('call-1', 0, 'Good ')), tokens('call-1', 5, 'day'))
    expect(readText(feed.streaming!.text)).toBe('Good day')
    feed = addSteps(feed, [status(1, 'queued'), model(2, 'call-1')])
    expect(feed.streaming).toBeNull()
    expect(addTokens(feed, tokens('call-1', 0, 'Good ')).streaming, 'a piece that comes after its step').toBeNull()
  })

  test('is replaced by the text of a later call, and pieces of the earlier call are dropped', () => {
    let feed = addTokens(addTokens(emptyFeed(), tokens('call-1', 0, 'old')), tokens('call-2', 0, 'new'))
    feed = addTokens(feed, tokens('call-1', 3, 'er'))
    expect(feed.streaming).toEqual({ llmCallId: 'call-2', text: [{ offset: 0, text: 'new' }] })
  })

  test('is dropped when the attempt failed or the run ended', () => {
    const feed = addTokens(emptyFeed(), tokens('call-1', 0, 'half a sen'))
    expect(addSteps(feed, [step(1, { kind: 'notice' })]).streaming).toBeNull()
    const over = addSteps(feed, [status(1, 'cancelled')])
    expect(over.streaming).toBeNull()
    expect(addTokens(over, tokens('call-2', 0, 'late')).streaming).toBeNull()
  })

  test('stays while other steps arrive', () => {
    const feed = addSteps(addTokens(emptyFeed(), tokens('call-1', 0, 'still')), [status(1, 'running')])
    expect(readText(feed.streaming!.text)).toBe('still')
  })
})

test('progress of a tool call is shown until it ends', () => {
  const tool = (seq: number, status: string) => step(seq, { kind: 'tool', tool_run_id: 'call', status })
  let feed = addProgress(addSteps(emptyFeed(), [tool(1, 'started')]), { tool_run_id: 'call', message: 'Slide 2 of 3' })
  expect(feed.progress.get('call')?.message).toBe('Slide 2 of 3')
  feed = addSteps(feed, [tool(2, 'succeeded')])
  expect(feed.progress.size).toBe(0)
})
