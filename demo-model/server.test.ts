/** The protocol, as the real `openai` client sees it. */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addScript, scriptRequests } from './client.ts'
import { type DemoModel, startDemoModel } from './server.ts'

let server: DemoModel
let openai: OpenAI
beforeAll(async () => {
  server = await startDemoModel()
  openai = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 })
})
afterAll(() => server.close())

const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'hello' }]
const tools: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
]

describe('models and embeddings', () => {
  it('lists the demo model', async () => {
    const models = await openai.models.list()
    expect(models.data.map((model) => model.id)).toEqual(['demo'])
  })

  it('embeds texts so that shared words bring them closer', async () => {
    const input = ['quarterly sales report', 'report of sales', 'a cat sleeps']
    const { data } = await openai.embeddings.create({ model: 'demo', input, dimensions: 128 })
    const [first, near, far] = data.map((item) => item.embedding)
    expect(first).toHaveLength(128)
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0)
    expect(dot(first!, near!)).toBeGreaterThan(dot(first!, far!) + 0.2)
    expect(dot(first!, first!)).toBeCloseTo(1)
  })
})

describe('scripted answers', () => {
  it('answers whole and streamed with the same words, finish and usage', async () => {
    const usage = { prompt_tokens: 12, completion_tokens: 3 }
    const model = await addScript(server.url, [{ text: 'Grüße 👋🏽 an alle', chunk_size: 2, usage }])
    const whole = await openai.chat.completions.create({ model, messages: hello })
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Grüße 👋🏽 an alle' } })
    expect(whole.usage).toEqual({ ...usage, total_tokens: 15 })
    const stream = openai.chat.completions.stream({ model, messages: hello, stream_options: { include_usage: true } })
    const streamed = await stream.finalChatCompletion()
    expect(streamed.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Grüße 👋🏽 an alle' } })
    expect(streamed.usage).toEqual({ ...usage, total_tokens: 15 })
  })

  it('streams several tool calls in pieces that fit together', async () => {
    const model = await addScript(server.url, [
      {
        text: 'I look.',
        chunk_size: 3,
        tool_calls: [
          { name: 'look', arguments: { at: 'ä'.repeat(20) } },
          { name: 'look', arguments: '{broken' },
        ],
      },
    ])
    const { choices } = await openai.chat.completions.stream({ model, messages: hello, tools }).finalChatCompletion()
    expect(choices[0]!.finish_reason).toBe('tool_calls')
    expect(choices[0]!.message.content).toBe('I look.')
    const calls = choices[0]!.message.tool_calls!.map((call) =>
      call.type === 'function' ? call.function.arguments : '',
    )
    expect(calls).toEqual([JSON.stringify({ at: 'ä'.repeat(20) }), '{broken'])
  })

  it('takes the turn from the messages, so that asking again gives the same', async () => {
    const model = await addScript(server.url, [{ text: 'first' }, { text: 'second' }])
    const ask = async (messages: OpenAI.ChatCompletionMessageParam[]) =>
      (await openai.chat.completions.create({ model, messages })).choices[0]!.message.content
    const history: OpenAI.ChatCompletionMessageParam[] = [...hello, { role: 'assistant', content: 'an earlier run' }]
    expect(await ask(hello)).toBe('first')
    expect(await ask(hello)).toBe('first')
    expect(await ask([...history, ...hello])).toBe('first')
    expect(await ask([...history, ...hello, { role: 'assistant', content: 'first' }])).toBe('second')
    await expect(
      ask([...hello, { role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }]),
    ).rejects.toMatchObject({
      status: 400,
      code: 'script_ended',
    })
    expect((await scriptRequests(server.url, model)).map((request) => request.turn)).toEqual([0, 0, 0, 1, 2])
  })
})

describe('scripted faults', () => {
  it('fails as often as told, then answers', async () => {
    const model = await addScript(server.url, [
      { text: 'at last', error: { status: 429, code: 'slow_down', retry_after: 2, times: 2 } },
    ])
    const ask = () => openai.chat.completions.create({ model, messages: hello, stream: true })
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await ask().catch((failure) => failure)
      expect(error).toBeInstanceOf(OpenAI.RateLimitError)
      expect(error.code).toBe('slow_down')
      expect(error.headers.get('retry-after')).toBe('2')
    }
    expect((await openai.chat.completions.create({ model, messages: hello })).choices[0]!.message.content).toBe(
      'at last',
    )
  })

  it('sends any error body', async () => {
    const model = await addScript(server.url, [{ error: { status: 502, body: 'bad gateway' } }])
    await expect(openai.chat.completions.create({ model, messages: hello })).rejects.toMatchObject({ status: 502 })
  })

  it('cuts a stream off by closing it or by resetting the connection', async () => {
    for (const how of ['end', 'destroy'] as const) {
      const model = await addScript(server.url, [
        { text: 'one two three', chunk_size: 4, cut: { after_chunks: 3, how, times: 1 } },
      ])
      const read = async () => {
        let text = ''
        let finish: string | null = null
        for await (const chunk of await openai.chat.completions.create({ model, messages: hello, stream: true })) {
          text += chunk.choices[0]?.delta.content ?? ''
          finish = chunk.choices[0]?.finish_reason ?? finish
        }
        return { text, finish }
      }
      if (how === 'end') expect(await read()).toEqual({ text: 'one two ', finish: null })
      else await expect(read()).rejects.toThrow()
      expect(await read()).toEqual({ text: 'one two three', finish: 'stop' })
    }
  })

  it('waits before and between chunks, and notices a reader who has gone', async () => {
    const model = await addScript(server.url, [
      { text: 'x'.repeat(50), delay_ms: 60, chunk_delay_ms: 20, chunk_size: 10 },
    ])
    const start = performance.now()
    const stream = await openai.chat.completions.create({ model, messages: hello, stream: true })
    for await (const _ of stream) if (performance.now() - start > 120) break
    expect(performance.now() - start).toBeGreaterThan(100)
    expect((await openai.models.list()).data).toHaveLength(1)
  })

  it('answers without a choice', async () => {
    const model = await addScript(server.url, [{ empty_choices: true }])
    expect((await openai.chat.completions.create({ model, messages: hello })).choices).toEqual([])
    for await (const chunk of await openai.chat.completions.create({ model, messages: hello, stream: true })) {
      expect(chunk.choices).toEqual([])
    }
  })
})

describe('refusals', () => {
  it('names the field that does not fit', async () => {
    const request = { model: 'demo', messages: [{ role: 'robot', content: 'x' }] }
    const error = await openai.chat.completions.create(request as never).catch((failure) => failure)
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ code: 'invalid_value', type: 'invalid_request_error', param: 'messages.0.role' })
  })

  it('knows no other model, no other path, no broken JSON', async () => {
    await expect(openai.chat.completions.create({ model: 'gpt', messages: hello })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
    await expect(openai.models.retrieve('gpt')).rejects.toMatchObject({ status: 404 })
    const broken = await fetch(`${server.url}/chat/completions`, { method: 'POST', body: '{' })
    expect([broken.status, ((await broken.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'invalid_json',
    ])
    await expect(addScript(server.url, [{ txet: 'x' } as never])).rejects.toThrow('invalid_value')
  })

  it('refuses a tool choice that it cannot keep', async () => {
    const required = openai.chat.completions.create({ model: 'demo', messages: hello, tools, tool_choice: 'required' })
    await expect(required).rejects.toMatchObject({ status: 400, param: 'tool_choice' })
    const tool_choice = { type: 'function', function: { name: 'other' } } as const
    await expect(
      openai.chat.completions.create({ model: 'demo', messages: hello, tools, tool_choice }),
    ).rejects.toMatchObject({ status: 400 })
  })

  it('refuses a body that is too large', async () => {
    const messages = [{ role: 'user' as const, content: 'x'.repeat(17 * 1024 * 1024) }]
    await expect(openai.chat.completions.create({ model: 'demo', messages })).rejects.toThrow()
  })
})
