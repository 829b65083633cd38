/** Protects: a conversation never outgrows its model. Three hundred turns fit a window of 8,000 tokens, and nothing is forgotten. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type AnsweringModel, type AnswerTo, startAnsweringModel } from './support/answering-model.ts'
import { acme, owner, type Platform, startPlatform } from './support/platform.ts'

const WINDOW = 8_000
const TURNS = 300

let platform: Platform
let model: AnsweringModel
let answerTo: AnswerTo
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  model = await startAnsweringModel((asked) => answerTo(asked), WINDOW)
  await platform.query(`update workspaces set limits = '{"runs_per_minute": 100000}'`)
  await platform.startExecutor({ defaultModel: { baseUrl: model.url, apiKey: '', model: 'test', isDemo: false } })
})
afterAll(async () => {
  await platform?.close()
  await model?.close()
})

async function makePersona(limits: object = {}): Promise<string> {
  const definition = { name: `Persona ${randomUUID().slice(0, 8)}`, instructions: 'You keep the books.', limits }
  const { id } = await platform.asUser<{ id: string }>(owner, 'create_persona(workspace_id => $1, definition => $2)', [
    acme,
    JSON.stringify(definition),
  ])
  return id
}
const send = async (runId: string, input: string) =>
  (await platform.asUser<{ run_id: string }>(owner, 'send_message(run_id => $1, input => $2)', [runId, input])).run_id
const amount = (n: number) => `${(n * 7919) % 10_000}.${String(n % 100).padStart(2, '0')} EUR`
const checkpointBytes = async (runId: string) =>
  Number(
    (
      await platform.query<{ bytes: number }>(
        'select length(data) as bytes from platform.checkpoints where run_id = $1',
        [runId],
      )
    ).at(-1)?.bytes,
  )
const compactions = async (runIds: string[]) =>
  platform.query<{ message: string }>(
    `select data ->> 'message' as message from run_steps where run_id = any ($1) and data ->> 'code' = 'context_compacted'`,
    [runIds],
  )

it(`${TURNS} turns fit, and an exact figure of an early one can be read again`, { timeout: 600_000 }, async () => {
  answerTo = ({ messages }) => {
    const said = String(messages.at(-1)?.content)
    const lookedUp = /^\{"found":/.test(said) && /invoice 17: ([\d.]+ EUR)/.exec(said)?.[1]
    if (lookedUp) return { text: `Invoice 17 is ${lookedUp}.` }
    if (said.endsWith('What was invoice 17?')) {
      return { calls: [{ name: 'read_earlier', arguments: { find: 'invoice 17:' } }] }
    }
    return { text: `Booked. ${'All accounts agree with the ledger. '.repeat(8)}` }
  }
  let runId = await platform.createRun(await makePersona(), `Please book invoice 1: ${amount(1)}.`)
  const runIds = [runId]
  for (let turn = 2; turn <= TURNS; turn++) {
    expect(await platform.ended(runId, 60), `turn ${turn - 1}`).toMatchObject({ status: 'completed' })
    runId = await send(
      runId,
      `Please book invoice ${turn}: ${amount(turn)}. ${'It is for the office in Paris. '.repeat(4)}`,
    )
    runIds.push(runId)
  }
  await platform.ended(runId, 60)
  const asked = await send(runId, 'What was invoice 17?')
  expect(await platform.ended(asked, 60)).toMatchObject({ status: 'completed', output: `Invoice 17 is ${amount(17)}.` })

  expect(model.refused, 'the server has to say once how much it takes').toHaveLength(1)
  const said = await compactions(runIds)
  expect(said.length).toBeGreaterThan(2)
  expect(said.length).toBeLessThan(TURNS / 3)
  expect(said[0]?.message).toContain('no longer fits')
  expect(await checkpointBytes(asked)).toBeLessThan(WINDOW * 6)
})

it('many rounds with large results fit, and a result is read again piece by piece', { timeout: 300_000 }, async () => {
  model.refused.length = 0
  const ROUNDS = 40
  const content = (n: number) =>
    `Report ${n}. ${`Line of report ${n}. `.repeat(150)}The total of report ${n} is ${amount(n)}.`
  answerTo = ({ messages }) => {
    const round = messages.filter(({ role }) => role === 'tool').length
    const results = messages.flatMap(({ role, content: text }) => (role === 'tool' ? [text] : []))
    const last = results.at(-1) ?? ''
    const total = /"text".*The total of report 3 is ([\d.]+ EUR)/s.exec(last)?.[1]
    if (total) return { text: `It is ${total}.` }
    const found = /"found":\[\{.*?"entry":(\d+),"excerpt|"entry":(\d+)/s.exec(last)
    if (last.startsWith('{"found"') && found) {
      return { calls: [{ name: 'read_earlier', arguments: { entry: Number(found[1] ?? found[2]), skip: 2_000 } }] }
    }
    const done = Number(/report (\d+)\./.exec(last)?.[1] ?? 0)
    if (done >= ROUNDS) return { calls: [{ name: 'read_earlier', arguments: { find: 'total of report 3 is' } }] }
    expect(round).toBeLessThan(ROUNDS + 10)
    const code = `console.log(${JSON.stringify(content(done + 1))})`
    return { calls: [{ name: 'run_code', arguments: { language: 'javascript', code } }] }
  }
  const runId = await platform.createRun(await makePersona({ max_segments: 200 }), 'What is the total of report 3?')
  expect(await platform.ended(runId, 240)).toMatchObject({ status: 'completed', output: `It is ${amount(3)}.` })
  expect(model.refused.length).toBeLessThanOrEqual(2)
  expect((await compactions([runId])).length).toBeGreaterThan(1)
})
