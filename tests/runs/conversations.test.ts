/** Protects: follow-ups know what came before, and a message to a run under way is taken exactly once, also when its worker dies. */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import type { CrashPoint } from '../../executor/engine/crash-points.ts'
import { type Answer, type AnsweringModel, type AnswerTo, startAnsweringModel } from './support/answering-model.ts'
import { acme, owner, type Platform, type SeenBody, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

let platform: Platform
let model: AnsweringModel
let answerTo: AnswerTo
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  model = await startAnsweringModel((asked) => answerTo(asked))
})
beforeEach(() => {
  model.answered.length = 0
  answerTo = ({ messages }) => ({ text: `Heard: ${messages.at(-1)?.content}` })
})
afterAll(async () => {
  await platform?.close()
  await model?.close()
})

const startWorker = () =>
  platform.startExecutor({ defaultModel: { baseUrl: model.url, apiKey: '', model: 'test', isDemo: false } })

async function makePersona(): Promise<string> {
  const definition = { name: `Persona ${randomUUID().slice(0, 8)}`, instructions: 'You work in a test.' }
  const { id } = await platform.asUser<{ id: string }>(owner, 'create_persona(workspace_id => $1, definition => $2)', [
    acme,
    JSON.stringify(definition),
  ])
  return id
}

interface Receipt {
  run_id: string
  message_id: string
  delivery: string
}
const send = (runId: string, input: string, attachments: object[] = []) =>
  platform.asUser<Receipt>(owner, 'send_message(run_id => $1, input => $2, attachments => $3)', [
    runId,
    input,
    JSON.stringify(attachments),
  ])

/** What the model saw last, by role: "user: Hello". */
const said = ({ messages }: SeenBody) => messages.map(({ role, content }) => `${role}: ${content}`)
const last = () => model.answered.at(-1)!
const count = (texts: string[], wanted: string) => texts.filter((text) => text.includes(wanted)).length

/** Answers the n-th request with the n-th answer; later ones with the last. */
function answerInOrder(...answers: Answer[]) {
  let asked = 0
  answerTo = () => answers[Math.min(asked++, answers.length - 1)]!
}

/** Answers a request only when `go` is called; `asked` resolves when it has arrived. */
function answerWhenTold(first: Answer, then: Answer) {
  const arrived = Promise.withResolvers<void>()
  const told = Promise.withResolvers<void>()
  let isFirst = true
  answerTo = async () => {
    if (!isFirst) return then
    isFirst = false
    arrived.resolve()
    await told.promise
    return first
  }
  return { asked: arrived.promise, go: told.resolve }
}

async function upload(personaId: string, name: string, content: string) {
  const path = `${acme}/${personaId}/${randomUUID()}.txt`
  const response = await fetch(`${platform.embedded.apiUrl}/storage/v1/object/attachments/${path}`, {
    method: 'POST',
    headers: {
      apikey: platform.embedded.keys.secret,
      authorization: `Bearer ${platform.embedded.keys.secret}`,
      'content-type': 'text/plain',
    },
    body: content,
  })
  expect(response.status).toBe(200)
  return { name, path, content_type: 'text/plain', size: content.length }
}

describe('a follow-up', () => {
  it('sees the conversation, the files and the tools of the turns before', async () => {
    const worker = await startWorker()
    answerInOrder(
      { calls: [{ name: 'tool_describe', arguments: { names: ['write_file', 'read_file'] } }] },
      {
        calls: [
          { name: 'update_plan', arguments: { items: [{ title: 'Write', status: 'done' }] } },
          { name: 'write_file', arguments: { path: 'a.txt', content: 'first words', deliver: false } },
        ],
      },
      { text: 'Written.' },
      { calls: [{ name: 'read_file', arguments: { path: 'a.txt' } }] },
      { text: 'It says: first words.' },
    )
    const first = await platform.createRun(await makePersona(), 'Write a file.')
    await platform.ended(first)
    const { run_id, delivery } = await send(first, 'What does it say?')
    expect(delivery).toBe('continues')
    const second = await platform.ended(run_id)
    expect(second).toMatchObject({ status: 'completed', output: 'It says: first words.', segment: 2 })
    expect(second.plan).toEqual([{ title: 'Write', status: 'done' }])
    const seen = said(last())
    expect(seen.filter((line) => line.startsWith('user'))).toEqual(['user: Write a file.', 'user: What does it say?'])
    expect(count(seen, 'assistant: Written.')).toBe(1)
    expect(seen.at(-1)).toContain('first words')
    expect(last().tools.map((tool) => tool.function.name)).toEqual(expect.arrayContaining(['read_file', 'write_file']))
    await worker.close()
  })

  it('can read the files that people gave in earlier turns, also if no tool has run yet', async () => {
    const worker = await startWorker()
    const personaId = await makePersona()
    const first = await platform.createRun(personaId, 'Keep this.', [await upload(personaId, 'one.txt', 'figure 4711')])
    await platform.ended(first)
    const path = `attachments/${first}/one.txt`
    answerInOrder(
      { calls: [{ name: 'tool_describe', arguments: { names: ['read_file'] } }] },
      { calls: [{ name: 'read_file', arguments: { path } }] },
      { text: 'Read.' },
    )
    const { run_id } = await send(first, 'Read it.', [await upload(personaId, 'two.txt', 'figure 0815')])
    expect(await platform.ended(run_id)).toMatchObject({ status: 'completed' })
    expect(said(last()).find((line) => line.startsWith('user: Keep'))).toContain(path)
    expect(said(last()).find((line) => line.startsWith('user: Read'))).toContain(`attachments/${run_id}/two.txt`)
    expect(said(last()).at(-1)).toContain('figure 4711')
    await worker.close()
  })

  it('of a run that was cancelled in the middle of its calls tells the model what became of them', async () => {
    const worker = await startWorker()
    answerInOrder({ calls: [{ name: 'ask_human', arguments: { question: 'Which one?' } }] }, { text: 'Fine.' })
    const first = await platform.createRun(await makePersona(), 'Choose.')
    await platform.until(first, (run) => run.waiting_for === 'human')
    await platform.asUser(owner, 'cancel_run($1)', [first])
    const { run_id } = await send(first, 'The blue one.')
    expect(await platform.ended(run_id)).toMatchObject({ status: 'completed', output: 'Fine.' })
    expect(said(last()).slice(-3)).toEqual([
      expect.stringContaining('assistant:'),
      expect.stringMatching(/^tool: .*cancelled/),
      'user: The blue one.',
    ])
    await worker.close()
  })
})

describe('a message to a run under way', () => {
  const describeTool = (name: string): Answer => ({ calls: [{ name: 'tool_describe', arguments: { names: [name] } }] })

  it('during a model call is taken before the next one', async () => {
    const worker = await startWorker()
    const { asked, go } = answerWhenTold(describeTool('write_file'), { text: 'Both.' })
    const runId = await platform.createRun(await makePersona(), 'One.')
    await asked
    expect(await send(runId, 'Two.')).toMatchObject({ run_id: runId, delivery: 'joins' })
    go()
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', output: 'Both.', model_calls: 2 })
    expect(said(last()).at(-1)).toBe('user: Two.')
    const steps = await platform.steps(runId)
    expect(steps.filter(({ kind }) => kind === 'message').map(({ data }) => data.input)).toEqual(['Two.'])
    await worker.close()
  })

  it('during its last model call becomes the next run', async () => {
    const worker = await startWorker()
    const { asked, go } = answerWhenTold({ text: 'One it is.' }, { text: 'Two as well.' })
    const runId = await platform.createRun(await makePersona(), 'One.')
    await asked
    const { message_id } = await send(runId, 'Two.')
    go()
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', output: 'One it is.' })
    expect(await platform.ended(message_id)).toMatchObject({ status: 'completed', output: 'Two as well.' })
    expect(said(last()).slice(-3)).toEqual(['user: One.', 'assistant: One it is.', 'user: Two.'])
    await worker.close()
  })

  it('during a tool is taken together with its result', async () => {
    const worker = await startWorker()
    const code =
      "const fs = require('node:fs'); setInterval(() => fs.existsSync('go') && process.exit(), 20); fs.writeFileSync('there', '')"
    answerInOrder({ calls: [{ name: 'run_code', arguments: { language: 'javascript', code } }] }, { text: 'Done.' })
    const personaId = await makePersona()
    const runId = await platform.createRun(personaId, 'Run it.')
    await platform.until(runId, (run) => run.waiting_for === 'tools')
    await send(runId, 'And hurry.')
    await writeFile(join(platform.folder, 'workspaces', personaId, 'go'), '')
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', output: 'Done.' })
    expect(said(last()).slice(-2)).toEqual([expect.stringContaining('tool: '), 'user: And hurry.'])
    await worker.close()
  })

  it('during an approval waits for the decision, and is no answer to it', async () => {
    const worker = await startWorker()
    const personaId = await makePersona()
    await platform.asUser(owner, `set_persona_tool($1, 'write_file', '{"policy": "ask"}')`, [personaId])
    answerInOrder(
      { calls: [{ name: 'write_file', arguments: { path: 'a.txt', content: 'a', deliver: false } }] },
      { text: 'Done.' },
    )
    const runId = await platform.createRun(personaId, 'Write.')
    await platform.until(runId, (run) => run.waiting_for === 'approval')
    await send(runId, 'In red.')
    expect(await platform.run(runId)).toMatchObject({ status: 'waiting', waiting_for: 'approval' })
    const [approval] = await platform.query<{ id: string }>('select id from approvals where run_id = $1', [runId])
    await platform.asUser(owner, "decide(approval_id => $1, decision => 'deny', answer => 'No.')", [approval!.id])
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
    expect(said(last()).slice(-2)).toEqual([expect.stringContaining('denied'), 'user: In red.'])
    await worker.close()
  })
})

describe('a worker that dies', () => {
  const environment = () => ({
    OPENAI_BASE_URL: model.url,
    OPENAI_MODEL: 'test',
    MODEL_IS_DEMO: '',
    INTERNAL_HOSTS: new URL(model.url).host,
  })
  /** How often a text stands in the messages of the run's last checkpoint. */
  async function timesSaved(runId: string, text: string): Promise<number> {
    const [row] = await platform.query<{ data: string }>(
      'select c.data from platform.checkpoints c join runs r on r.id = c.run_id and r.checkpoint_id = c.checkpoint_id where r.id = $1',
      [runId],
    )
    const messages = JSON.parse(row!.data).checkpoint.channel_values.messages as { role: string; content: string }[]
    return messages.filter(({ role, content }) => role === 'user' && content === text).length
  }

  const points: CrashPoint[] = ['message.taken', 'message.answered', 'message.saved']
  it.each(points)('at %s leaves a message that is taken exactly once', { timeout: 60_000 }, async (point) => {
    const lookup: Answer = { calls: [{ name: 'tool_search', arguments: { query: 'write' } }] }
    // answers by what it sees, so that a repeated request gets the same answer
    answerTo = ({ messages }) => (messages.some(({ role }) => role === 'assistant') ? { text: 'Both.' } : lookup)
    const runId = await platform.createRun(await makePersona(), 'One.')
    await send(runId, 'Two.')
    const worker = new WorkerProcess(platform, { ...environment(), PERSONA_CRASH_POINT: point })
    expect(await worker.ended).toBe('SIGKILL')
    const survivor = await startWorker()
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', output: 'Both.' })
    await survivor.close()
    expect(count(said(last()), 'user: Two.')).toBe(1)
    expect(await timesSaved(runId, 'Two.')).toBe(1)
    const steps = await platform.steps(runId)
    expect(steps.filter(({ kind }) => kind === 'message')).toHaveLength(1)
    expect(steps.map(({ seq }) => seq)).toEqual(steps.map((_, index) => index + 1))
  })

  it('at conversation.continued leaves a follow-up that begins where it should', { timeout: 60_000 }, async () => {
    const first = await platform.createRun(await makePersona(), 'One.')
    const before = await startWorker()
    await platform.ended(first)
    await before.close()
    const { run_id } = await send(first, 'Two.')
    const worker = new WorkerProcess(platform, { ...environment(), PERSONA_CRASH_POINT: 'conversation.continued' })
    expect(await worker.ended).toBe('SIGKILL')
    const survivor = await startWorker()
    expect(await platform.ended(run_id)).toMatchObject({ status: 'completed', output: 'Heard: Two.' })
    await survivor.close()
    expect(said(last()).slice(1)).toEqual(['user: One.', 'assistant: Heard: One.', 'user: Two.'])
    expect(await timesSaved(run_id, 'Two.')).toBe(1)
  })
})
