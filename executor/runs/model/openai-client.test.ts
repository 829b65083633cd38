import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addScript } from '../../../demo-model/client.ts'
import type { Turn } from '../../../demo-model/scripts.ts'
import { type DemoModel, startDemoModel } from '../../../demo-model/server.ts'
import type { ModelAnswer } from './model-client.ts'
import { openAiModels } from './openai-client.ts'

let server: DemoModel
beforeAll(async () => {
  server = await startDemoModel()
})
afterAll(() => server.close())

interface Options {
  signal?: AbortSignal
  url?: string
  onCut?(part: ModelAnswer): void
  onDelta?(text: string): void
  timeouts?: typeof patient
  isDemo?: boolean
}

/** For tests whose server answers, however slow the machine is. */
const patient = { firstTokenMs: 10_000, idleMs: 10_000, afterEndMs: 100, totalMs: 20_000 }
/** For tests whose server does not answer in time. */
const hasty = { firstTokenMs: 300, idleMs: 300, afterEndMs: 100, totalMs: 1_500 }

async function complete(
  turn: Turn,
  { signal = AbortSignal.any([]), url = server.url, onCut, onDelta, timeouts = patient, isDemo = false }: Options = {},
) {
  const model = await addScript(server.url, [turn])
  const open = openAiModels({ timeouts })
  const deltas: string[] = []
  const request = {
    model,
    from: `test/${model}`,
    messages: [{ role: 'user' as const, content: 'Hi' }],
    tools: [],
    maxOutputTokens: 100,
    traceId: 't',
  }
  const answer = await open({ baseUrl: url, apiKey: '', isDemo }).complete(request, {
    signal,
    onDelta: (text) => {
      deltas.push(text)
      onDelta?.(text)
    },
    onCut: onCut ?? (() => {}),
  })
  return { answer, deltas }
}

it('combines text, calls and usage', async () => {
  const { answer, deltas } = await complete({
    text: 'I look into the files.',
    chunk_size: 4,
    tool_calls: [
      { id: 'a', name: 'list_files', arguments: { path: 'x' } },
      { id: 'b', name: 'read_file', arguments: '{broken' },
    ],
    usage: { prompt_tokens: 12, completion_tokens: 34 },
  })
  expect(deltas.length).toBeGreaterThan(3)
  expect(deltas.join('')).toBe('I look into the files.')
  expect(answer).toMatchObject({
    text: 'I look into the files.',
    toolCalls: [
      { id: 'a', name: 'list_files', arguments: '{"path":"x"}' },
      { id: 'b', name: 'read_file', arguments: '{broken' },
    ],
    usage: { inputTokens: 12, outputTokens: 34 },
  })
  expect(answer.firstTokenMs).toBeGreaterThanOrEqual(0)
})

it.each([
  { text: 'half of it', finish_reason: 'length' },
  { text: '', finish_reason: 'length' },
  { tool_calls: [{ name: 'write_file', arguments: '' }], finish_reason: 'length' },
] as Turn[])('marks the answer %j as cut off', async (turn) => {
  expect((await complete(turn)).answer.isCut).toBe(true)
})

it.concurrent.each([
  ['that never begins', { text: 'x', delay_ms: 2_000 }],
  ['that falls silent', { text: 'slowly', chunk_size: 1, chunk_delay_ms: 700 }],
  ['that goes on forever', { text: 'x'.repeat(200), chunk_size: 1, chunk_delay_ms: 100 }],
] as [string, Turn][])('gives up on an answer %s', async (_, turn) => {
  await expect(complete(turn, { timeouts: hasty })).rejects.toMatchObject({ code: 'model_timeout', isRetryable: true })
})

it.concurrent.each([
  ['that breaks off', { text: 'half of it', chunk_size: 4, cut: { after_chunks: 2, how: 'end' } }, 'half'],
  ['that takes too long', { text: 'x'.repeat(200), chunk_size: 1, chunk_delay_ms: 100 }, 'xxx'],
] as [string, Turn, string][])('reports the part of an answer %s', async (_, turn, begun) => {
  const parts: ModelAnswer[] = []
  await complete(turn, { onCut: (part) => parts.push(part), timeouts: hasty }).catch(() => {})
  expect(parts).toHaveLength(1)
  expect(parts[0]?.text.startsWith(begun)).toBe(true)
})

it.concurrent('reports no part when the call was refused or nothing had arrived', async () => {
  const parts: ModelAnswer[] = []
  const onCut = (part: ModelAnswer) => parts.push(part)
  await complete({ error: { status: 500 } }, { onCut }).catch(() => {})
  await complete({ text: 'x', delay_ms: 2_000 }, { onCut, timeouts: hasty }).catch(() => {})
  expect(parts).toEqual([])
})

it('stops at once, with the reason, when it is aborted', async () => {
  const controller = new AbortController()
  let abortedAt = 0
  const onDelta = () => {
    abortedAt ||= performance.now()
    controller.abort(new Error('cancelled by the test'))
  }
  await expect(
    complete({ text: 'x'.repeat(100), chunk_size: 1, chunk_delay_ms: 100 }, { signal: controller.signal, onDelta }),
  ).rejects.toThrow('cancelled by the test')
  expect(performance.now() - abortedAt).toBeLessThan(1_000)
})

it.each([
  [{ error: { status: 429, retry_after: 7 } }, { code: 'model_rate_limited', isRetryable: true, retryAfterSeconds: 7 }],
  [{ error: { status: 500 } }, { code: 'model_unavailable', isRetryable: true }],
  [{ error: { status: 503, body: 'no JSON' } }, { code: 'model_unavailable', isRetryable: true }],
  [{ error: { status: 408 } }, { code: 'model_timeout', isRetryable: true }],
  [
    { error: { status: 401, message: 'Incorrect API key: sk-secret' } },
    { code: 'model_not_allowed', isRetryable: false },
  ],
  [{ error: { status: 422 } }, { code: 'model_bad_request', isRetryable: false }],
  [
    { text: 'half of', cut: { after_chunks: 2, how: 'end' } },
    { code: 'model_cut_off', isRetryable: true },
  ],
  [
    { text: 'half of', cut: { after_chunks: 2, how: 'destroy' } },
    { code: 'model_cut_off', isRetryable: true },
  ],
  [{ empty_choices: true }, { code: 'model_empty_answer', isRetryable: true }],
  [{ text: '  ' }, { code: 'model_empty_answer', isRetryable: true }],
  [
    { text: 'forbidden', finish_reason: 'content_filter' },
    { code: 'model_refused', isRetryable: false },
  ],
] as [Turn, object][])('classifies %j', async (turn, failure) => {
  const error = await complete(turn).catch((reason) => reason)
  expect(error).toMatchObject(failure)
  expect(error.message).not.toContain('sk-secret')
})

it('reports an address where nothing answers', async () => {
  await expect(complete({ text: 'x' }, { url: 'http://127.0.0.1:9/v1' })).rejects.toMatchObject({
    code: 'model_unavailable',
    isRetryable: true,
  })
})

describe('an error with the code demo_model_limit', () => {
  const limit = { code: 'demo_model_limit', message: 'I cannot translate.', examples: ['What is 17*23?'] }
  const says = (error: object) => ({ error: { status: 422, body: { error } } })

  it('counts from the demo model of the installation', async () => {
    await expect(complete(says(limit), { isDemo: true })).rejects.toMatchObject({ ...limit, isRetryable: false })
  })

  it('is an ordinary refusal from any other server', async () => {
    const error = await complete(says(limit)).catch((failure) => failure)
    expect(error).toMatchObject({ code: 'model_bad_request', examples: undefined })
  })

  it.each([
    { ...limit, message: '' },
    { ...limit, examples: Array(7).fill('x') },
    { ...limit, code: 'worker_lost' },
  ])('must have its shape: %j', async (error) => {
    await expect(complete(says(error), { isDemo: true })).rejects.toMatchObject({ code: 'model_bad_request' })
  })
})
