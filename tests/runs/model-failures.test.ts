/** Protects: what a run does for each way in which a model can fail. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Turn } from '../../demo-model/scripts.ts'
import { acme, owner, type Platform, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  await platform.startExecutor()
})
afterAll(() => platform?.close())

interface Call {
  model: string
  status: string
  error: { code: string } | null
  cost: string
  input_tokens: number
  output_tokens: number
}
async function runWith(turns: Turn[], more: Parameters<Platform['persona']>[1] = {}) {
  const persona = await platform.persona(turns, more)
  const runId = await platform.createRun(persona.id)
  const run = await platform.ended(runId, 30)
  const calls = await platform.query<Call>(
    'select model, status, error, cost, input_tokens, output_tokens from llm_calls where run_id = $1 order by created_at',
    [runId],
  )
  const steps = await platform.steps(runId)
  const notices = steps.filter((step) => step.kind === 'notice').map((step) => step.data.code)
  return { run, calls, steps, notices, requests: await platform.requests(persona.model) }
}

const fine: Turn = { text: 'All is well.' }

describe('a retryable failure', () => {
  it.each([
    {
      what: 'a rate limit',
      turn: { ...fine, error: { status: 429, retry_after: 1, times: 1 } },
      code: 'model_rate_limited',
    },
    { what: 'a server error', turn: { ...fine, error: { status: 503, times: 1 } }, code: 'model_unavailable' },
    {
      what: 'a stream that ends early',
      turn: { ...fine, cut: { after_chunks: 2, how: 'end', times: 1 } },
      code: 'model_cut_off',
    },
    {
      what: 'a connection that breaks',
      turn: { ...fine, cut: { after_chunks: 2, how: 'destroy', times: 1 } },
      code: 'model_cut_off',
    },
  ] as { what: string; turn: Turn; code: string }[])(
    '$what is tried again from the same place',
    async ({ turn, code }) => {
      const { run, calls, notices } = await runWith([turn])
      expect(run).toMatchObject({ status: 'completed', output: 'All is well.', attempts: 0, model_calls: 1 })
      expect(calls.map((call) => [call.status, call.error?.code])).toEqual([
        ['failed', code],
        ['succeeded', undefined],
      ])
      expect(notices).toEqual([code])
    },
  )

  it('ends the run with its reason when all attempts are used up', async () => {
    const { run } = await runWith([{ error: { status: 500 } }], { limits: { max_attempts: 2 } })
    expect(run).toMatchObject({ status: 'failed', reason: 'model_unavailable' })
    expect(run.error?.message, 'it names the model and its address').toMatch(
      /It was \S+ at 127\.0\.0\.1:\d+ \(the installation’s own model\)\.$/,
    )
  })
})

it('a limit of the demo model ends the run as not done, with its sentence and its examples', async () => {
  const limit = { code: 'demo_model_limit', message: 'I cannot translate.', examples: ['What is 17*23?'] }
  const { run, calls, notices } = await runWith([{ error: { status: 422, body: { error: limit } } }])
  expect(run).toMatchObject({ status: 'failed', reason: 'demo_model_limit', error: limit, output: null })
  expect(calls.map((call) => [call.status, Number(call.cost)])).toEqual([['failed', 0]])
  expect(notices).toEqual([])
})

describe('a rate limit', () => {
  const limited = (times?: number, retry_after?: number): Turn => ({
    ...fine,
    error: { status: 429, code: 'rate_limit_exceeded', message: 'Slow down.', times, retry_after },
  })

  it('that lasts uses up no attempts, and the run tries more and more rarely', async () => {
    const { run, steps, notices } = await runWith([limited(3)], { limits: { max_attempts: 2 } })
    expect(run).toMatchObject({ status: 'completed', attempts: 0 })
    expect(notices).toEqual(Array(3).fill('model_rate_limited'))
    const waits = steps.flatMap(({ data }) => /Trying again in (\d+) s/.exec(data.message ?? '')?.[1] ?? []).map(Number)
    expect(waits.at(-1)).toBeGreaterThan(waits[0]!)
  })

  it('that lasts beyond the deadline ends the run', async () => {
    const { run, calls } = await runWith([limited(undefined, 60)], { limits: { max_seconds: 20 } })
    expect(run).toMatchObject({ status: 'failed', reason: 'model_rate_limited' })
    expect(calls).toHaveLength(1)
  })
})

describe('the cost of an answer that was cut off', () => {
  const cut = (how: 'end' | 'destroy'): Turn => ({
    ...fine,
    chunk_size: 4,
    chunk_delay_ms: 50,
    cut: { after_chunks: 2, how, times: 1 },
  })

  it.each(['end', 'destroy'] as const)('is charged up to what may be billed (%s)', async (how) => {
    const { run, calls } = await runWith([cut(how)])
    const [broken, whole] = calls
    expect(broken).toMatchObject({ status: 'failed' })
    expect(broken!.input_tokens, 'the bound, as nothing was reported').toBeGreaterThan(whole!.input_tokens)
    expect(broken!.output_tokens).toBeGreaterThan(0)
    expect(Number(broken!.cost)).toBeGreaterThan(0)
    expect(Number(run.cost)).toBeCloseTo(Number(broken!.cost) + Number(whole!.cost), 6)
  })

  it('is zero if the provider refused the call', async () => {
    const { run, calls } = await runWith([{ ...fine, error: { status: 503, times: 1 } }])
    expect(calls.map((call) => Number(call.cost) > 0)).toEqual([false, true])
    expect(run.cost).toBe(calls[1]!.cost)
  })
})

describe('a fatal failure', () => {
  it.each([
    [401, 'invalid_api_key', 'model_not_allowed'],
    [404, 'model_not_found', 'model_not_found'],
    [400, 'content_policy_violation', 'model_refused'],
    [400, 'context_length_exceeded', 'model_context_too_long'],
    [429, 'insufficient_quota', 'model_quota_used_up'],
    [400, 'whatever', 'model_bad_request'],
  ])('HTTP %s %s ends the run as %s', async (status, code, reason) => {
    const { run, calls } = await runWith([{ error: { status, code, message: 'No.' } }])
    expect(run).toMatchObject({ status: 'failed', reason, error: { code: reason } })
    expect(calls).toHaveLength(1)
  })

  it('continues with the fallback if there is one', async () => {
    const { run, calls, notices } = await runWith([{ error: { status: 401, code: 'invalid_api_key' } }], {
      fallbacks: [[fine]],
    })
    expect(run).toMatchObject({ status: 'completed', output: 'All is well.' })
    expect(calls.map((call) => call.status)).toEqual(['failed', 'succeeded'])
    expect(notices).toEqual(['model_fallback'])
  })
})

describe('an answer that was cut off at its maximum length', () => {
  it('ends the run as failed, and keeps what was said', async () => {
    const { run, calls, steps } = await runWith([{ text: 'The first half of', finish_reason: 'length' }])
    expect(run).toMatchObject({ status: 'failed', reason: 'model_answer_cut', output: null, model_calls: 1 })
    expect(run.error?.message).toContain('output tokens')
    expect(calls).toMatchObject([{ status: 'succeeded' }])
    expect(steps.find((step) => step.kind === 'model')?.data.text).toBe('The first half of')
  })

  it('does not make an incomplete call', async () => {
    const { run, requests } = await runWith([
      { tool_calls: [{ name: 'list_files', arguments: '' }], finish_reason: 'length' },
      fine,
    ])
    expect(run).toMatchObject({ status: 'completed' })
    expect(requests[1]?.messages.at(-1)?.content).toContain('cut off')
  })
})

describe('calls that cannot be read', () => {
  it('are reported to the model, which corrects itself', async () => {
    const { run, requests } = await runWith([
      { tool_calls: [{ name: 'list_files', arguments: '{"path": ' }] },
      { tool_calls: [{ name: 'list_files', arguments: {} }] },
      fine,
    ])
    expect(run).toMatchObject({ status: 'completed', segment: 3 })
    const messages = requests[1]?.messages ?? []
    expect(messages.at(-1)?.content).toContain('not a valid JSON object')
    expect(JSON.parse(messages.at(-2)?.tool_calls?.[0]?.function.arguments ?? '')).toEqual({ malformed: '{"path": ' })
  })

  it('end the run if the model does not correct itself', async () => {
    const broken: Turn = { tool_calls: [{ name: 'list_files', arguments: 'what?' }] }
    const { run } = await runWith([broken, broken, broken, fine])
    expect(run).toMatchObject({ status: 'failed', reason: 'model_malformed_calls', segment: 2 })
  })

  it('do no harm with the same id, without an id, or of unknown tools', async () => {
    const { run, requests } = await runWith([
      {
        tool_calls: [
          { id: 'same', name: 'list_files', arguments: {} },
          { id: 'same', name: 'no_such_tool', arguments: {} },
          { id: '', name: 'not a name!', arguments: {} },
          { name: 'tool_search', arguments: { query: '' } },
        ],
      },
      fine,
    ])
    expect(run).toMatchObject({ status: 'completed' })
    const messages = requests[1]?.messages ?? []
    const answers = messages.filter((message) => message.role === 'tool')
    expect(new Set(answers.map((answer) => answer.tool_call_id)).size).toBe(4)
    expect(answers.map((answer) => JSON.parse(answer.content).error?.code)).toEqual([
      'invalid_input',
      'invalid_input',
      undefined,
      'unknown_tool',
    ])
  })

  it('with text that the database cannot store are corrected', async () => {
    const { run } = await runWith([
      { text: 'nul \u0000 half \ud83d', tool_calls: [{ name: 'list_files', arguments: { path: 'a\u0000\udc00' } }] },
      fine,
    ])
    expect(run).toMatchObject({ status: 'completed' })
  })
})

describe('a call that the model writes as text', () => {
  it.each([
    '<tool_call>\n{"name": "list_files", "arguments": {}}\n</tool_call>',
    '```json\n{"name": "tool_search", "arguments": {"query": "list"}}\n```',
    '[TOOL_CALLS][{"name": "tool_search", "arguments": {"query": "list"}}]',
  ])('never completes the run: %s', async (text) => {
    const { run } = await runWith([
      { tool_calls: [{ name: 'tool_describe', arguments: { names: ['list_files'] } }] },
      { text },
    ])
    expect(run).toMatchObject({ status: 'failed', reason: 'model_calls_as_text' })
  })

  it('is not reported if the text only mentions a call', async () => {
    const { run } = await runWith([{ text: 'A call looks like <tool_call>{"name": "x"}</tool_call>.' }])
    expect(run).toMatchObject({ status: 'completed' })
  })
})

it('a question that no person could answer goes back to the model', async () => {
  const { run, requests } = await runWith([{ tool_calls: [{ name: 'ask_human', arguments: { question: ' ' } }] }, fine])
  expect(run).toMatchObject({ status: 'completed' })
  expect(requests[1]?.messages.at(-1)?.content).toContain('question')
})

it('a conversation that is too long for the model is asked once more in a shorter form', async () => {
  const content = 'x'.repeat(12_000)
  const { run, requests } = await runWith([
    { tool_calls: [{ name: 'tool_describe', arguments: { names: ['write_file', 'read_file'] } }] },
    { tool_calls: [{ name: 'write_file', arguments: { path: 'long.txt', content } }] },
    { tool_calls: [{ name: 'read_file', arguments: { path: 'long.txt' } }] },
    { text: 'All is well.', window: 15_000 },
  ])
  expect(run).toMatchObject({ status: 'completed', output: 'All is well.' })
  const lengths = requests.map((request) => JSON.stringify(request.messages).length)
  expect(lengths[3]).toBeGreaterThan(15_000)
  expect(lengths[4]).toBeLessThan(15_000)
})

it('negative usage does not pay money back', async () => {
  const { run, calls } = await runWith([{ ...fine, usage: { prompt_tokens: -1_000_000, completion_tokens: -5 } }])
  expect(run).toMatchObject({ status: 'completed' })
  expect(Number(calls[0]?.cost)).toBeGreaterThan(0)
})

describe('a provider that a workspace added', () => {
  const secret = 'the platform’s own answer'
  let inside: Server
  let redirecting: Server
  const asked: string[] = []
  const hostOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`
  const listen = async (listener: RequestListener) => {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await new Promise((done) => server.once('listening', done))
    return server
  }
  beforeAll(async () => {
    inside = await listen((request, response) => {
      asked.push(request.url ?? '')
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { message: secret } }))
    })
    redirecting = await listen((_request, response) =>
      response.writeHead(307, { location: `http://${hostOf(inside)}/v1/chat/completions` }).end(),
    )
  })
  afterAll(() => {
    inside?.close()
    redirecting?.close()
  })

  async function runAt(base_url: string) {
    const own = await startPlatform(inject('postgresUrl'))
    try {
      await own.startExecutor({ internalHosts: new Set([hostOf(redirecting)]) })
      const persona = await own.persona([fine], { model: { primary: 'inside/m' } })
      const definition = JSON.stringify({ name: 'inside', base_url, models: ['m'] })
      await own.asUser(owner, 'save_provider($1, $2)', [acme, definition])
      const id = await own.createRun(persona.id)
      const run = await own.ended(id)
      return { run, told: JSON.stringify([run, await own.steps(id)]) }
    } finally {
      await own.close()
    }
  }

  it.each([
    ['at an address inside', () => `http://${hostOf(inside)}/v1`, 'not on the public internet'],
    ['that redirects to an address inside', () => `http://${hostOf(redirecting)}/v1`, 'redirects to another address'],
  ])('%s is not asked, and tells nothing of it', async (_, url, message) => {
    const { run, told } = await runAt(url())
    expect(run).toMatchObject({ status: 'failed', reason: 'model_bad_endpoint' })
    expect(run.error?.message).toContain(message)
    expect(told).not.toContain(secret)
    expect(asked).toEqual([])
  })
})

it('gets no field that its settings exclude', async () => {
  const persona = await platform.persona([fine], { model: { primary: 'plain/default', temperature: 0.5 } })
  const definition = {
    name: 'plain',
    base_url: platform.modelUrl,
    models: [persona.model],
    leave_out: ['temperature', 'stream_options', 'schema.additionalProperties'],
  }
  await platform.asUser(owner, 'save_provider($1, $2)', [acme, JSON.stringify(definition)])
  await platform.asUser(owner, 'update_persona($1, $2)', [
    persona.id,
    JSON.stringify({ model: { primary: `plain/${persona.model}`, temperature: 0.5 } }),
  ])
  expect(await platform.ended(await platform.createRun(persona.id))).toMatchObject({ status: 'completed' })
  const [request, ...others] = await platform.requests(persona.model)
  expect(others).toEqual([])
  expect(request).not.toHaveProperty('temperature')
  expect(request).not.toHaveProperty('stream_options')
  expect(JSON.stringify(request)).not.toContain('additionalProperties')
})

it('of the installation gets no field that OPENAI_LEAVE_OUT names', async () => {
  const own = await startPlatform(inject('postgresUrl'))
  const worker = new WorkerProcess(own, { OPENAI_LEAVE_OUT: 'temperature, stream_options' })
  try {
    const persona = await own.persona([fine], { model: { temperature: 0.5 } })
    expect(await own.ended(await own.createRun(persona.id), 30)).toMatchObject({ status: 'completed' })
    const [request] = await own.requests(persona.model)
    expect(request).not.toHaveProperty('temperature')
    expect(request).not.toHaveProperty('stream_options')
    expect(request).toHaveProperty('max_tokens')
  } finally {
    worker.kill('SIGTERM')
    await worker.ended
    await own.close()
  }
})

describe('thinking', () => {
  const chunk = (delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  const thinks = (thought: string): Turn => ({
    raw: {
      body: `${chunk({ reasoning_content: thought })}${chunk({ content: 'Four.' })}${chunk({}, 'stop')}data: [DONE]\n\n`,
    },
  })

  it('is kept apart from the text', async () => {
    const { run, steps } = await runWith([thinks('Two and two.')])
    expect(run).toMatchObject({ status: 'completed', output: 'Four.' })
    expect(steps.find((step) => step.kind === 'model')?.data).toMatchObject({ text: 'Four.', thinking: 'Two and two.' })
  })

  it('is cut if it is very long', async () => {
    const { steps } = await runWith([thinks('x'.repeat(30_000))])
    expect(steps.find((step) => step.kind === 'model')?.data.thinking).toHaveLength(20_000)
  })
})
