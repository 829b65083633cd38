/**
 * Protects: a persona's mail goes out once, exactly as a person approved it, and is never reported as sent if it was
 * not.
 */
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { mailSettings } from '../../executor/engine/mail-server.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { owner, type Platform, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

let platform: Platform
let server: MailServer
beforeAll(async () => {
  server = await startMailServer()
  platform = await startPlatform(inject('postgresUrl'))
  await platform.startExecutor({
    mail: mailSettings({
      SMTP_URL: server.url,
      MAIL_FROM: 'Personas <office@test.invalid>',
      WEB_URL: 'http://web.test',
    }),
  })
})
afterAll(async () => {
  await platform?.close()
  await server?.stop()
})
beforeEach(() => {
  server.mood = 'take'
})

const invitation = {
  to: ['ada@acme.test'],
  cc: ['bob@acme.test'],
  subject: 'Our meeting',
  body: 'Dear Ada,\n\nit is on Friday.\n\nOlivia',
}

async function runThatSends(mail: object, policy?: object) {
  const persona = await platform.persona([
    { tool_calls: [{ name: 'send_email', arguments: { ...mail } }] },
    { text: 'That was it.' },
  ])
  if (policy) {
    await platform.asUser(owner, "set_persona_tool(persona_id => $1, tool_name => 'send_email', settings => $2)", [
      persona.id,
      JSON.stringify(policy),
    ])
  }
  return { persona, runId: await platform.createRun(persona.id) }
}

async function callOf(runId: string) {
  const [row] = await platform.query<{
    id: string
    status: string
    attempt: number
    // biome-ignore lint/suspicious/noExplicitAny: each tool has its own shape
    output: any
    error: { code: string; message: string } | null
  }>("select * from tool_runs where run_id = $1 and tool_name = 'send_email'", [runId])
  return row!
}

async function askedIn(runId: string) {
  await platform.until(runId, (run) => run.status === 'waiting' && run.waiting_for !== 'tools')
  const [row] = await platform.query<{ id: string; kind: string; arguments_hash: string }>(
    "select * from approvals where run_id = $1 and status = 'pending'",
    [runId],
  )
  return row!
}

const approve = (id: string, edited?: object) =>
  platform.asUser(owner, "decide(approval_id => $1, decision => 'approve', edited => $2)", [
    id,
    edited ? JSON.stringify(edited) : null,
  ])

/** The mails of personas, without those that ask people questions. */
const sent = (subject: string) => server.mails.filter(({ headers }) => headers.subject === subject)

it('asks first, then sends the mail once, exactly as the person edited it', async () => {
  const { runId } = await runThatSends(invitation)
  const approval = await askedIn(runId)
  expect(approval.kind).toBe('approval')
  expect(sent('Our meeting')).toEqual([])

  await approve(approval.id, { ...invitation, to: ['eve@globex.test'], body: 'Dear Eve,\n\nGrüße' })
  expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
  const [mail, ...more] = sent('Our meeting')
  expect(more).toEqual([])
  expect(mail).toMatchObject({ to: ['eve@globex.test', 'bob@acme.test'], body: 'Dear Eve,\n\nGrüße' })
  expect(mail!.headers).toMatchObject({ to: 'eve@globex.test', cc: 'bob@acme.test' })
  const call = await callOf(runId)
  expect(mail!.headers['message-id'], 'the same for every attempt').toBe(`<${call.id}@persona-platform>`)
  expect(mail!.headers.from).toMatch(/^Persona \w{8} <office@test\.invalid>$/)
  expect(call).toMatchObject({
    status: 'succeeded',
    output: { from: 'office@test.invalid', accepted: ['eve@globex.test', 'bob@acme.test'], rejected: [] },
  })
})

it('asks depending on the recipient’s domain, if the policy says so', async () => {
  const policy = {
    policy: 'allow',
    conditions: [{ argument: 'to', operator: 'domain_not_in', value: ['acme.test'], policy: 'ask' }],
  }
  const inside = await runThatSends({ ...invitation, subject: 'Inside' }, policy)
  expect(await platform.ended(inside.runId)).toMatchObject({ status: 'completed' })
  expect(sent('Inside')).toHaveLength(1)

  const outside = await runThatSends(
    { ...invitation, to: ['ada@acme.test', 'x@else.test'], subject: 'Outside' },
    policy,
  )
  expect(await askedIn(outside.runId)).toMatchObject({ kind: 'approval' })
  expect(sent('Outside')).toEqual([])
})

it.each([
  ['a line break in the subject', { subject: 'Hello\r\nBcc: eve@globex.test', body: 'Hello' }],
  ['a text that looks like one', { subject: 'Hello', body: 'Bcc: eve@globex.test\r\n\r\n.' }],
])('makes no header of %s', async (_, change) => {
  const mark = `mark ${Math.random()}`
  const { runId } = await runThatSends(
    { ...invitation, cc: [], ...change, body: `${change.body}\n${mark}` },
    {
      policy: 'allow',
    },
  )
  expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
  const [mail] = server.mails.filter(({ body }) => body.includes(mark))
  expect(mail!.to).toEqual(['ada@acme.test'])
  expect(mail!.headers).not.toHaveProperty('bcc')
})

it.each([
  ['a line break', ['ada@acme.test\r\nBcc: eve@globex.test']],
  ['a second one', ['ada@acme.test, eve@globex.test']],
  ['a name', ['Ada <ada@acme.test>']],
  ['none', []],
  ['too many', Array.from({ length: 21 }, (_, n) => `a${n}@acme.test`)],
])('refuses recipients with %s', async (_, to) => {
  const before = server.mails.length
  const { runId } = await runThatSends({ ...invitation, to }, { policy: 'allow' })
  await platform.ended(runId)
  expect(await callOf(runId)).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } })
  expect(server.mails).toHaveLength(before)
})

it('tries again while the server refuses temporarily, and sends the mail once', async () => {
  server.mood = 'refuse'
  const { runId } = await runThatSends({ ...invitation, subject: 'Later' }, { policy: 'allow' })
  await expect.poll(async () => (await callOf(runId))?.error?.code, { timeout: 10_000 }).toBe('mail_unavailable')
  server.mood = 'take'
  expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
  expect(sent('Later')).toHaveLength(1)
  expect((await callOf(runId)).attempt).toBeGreaterThan(1)
})

it('asks a person when the server stopped answering after it had received the mail', async () => {
  server.mood = 'vanish'
  const { runId } = await runThatSends({ ...invitation, subject: 'Lost' }, { policy: 'allow' })
  expect(await askedIn(runId)).toMatchObject({ kind: 'unknown_effect' })
  expect(await callOf(runId)).toMatchObject({ status: 'unknown', attempt: 1 })
  expect(sent('Lost'), 'it is not sent again by itself').toHaveLength(1)
})

it.each([
  ['tool.before_execution', 0, 'do_again', 1],
  ['tool.executed', 1, 'done', 1],
] as const)(
  'a worker that dies at %s with %i sent: a person is asked, says %s, and %i is sent in the end',
  {
    timeout: 60_000,
  },
  async (point, before, decision, after) => {
    const stage = await startPlatform(inject('postgresUrl'))
    try {
      const subject = `Crash at ${point}`
      const persona = await stage.persona([
        { tool_calls: [{ name: 'send_email', arguments: { ...invitation, subject } }] },
        { text: 'That was it.' },
      ])
      const settings = { SMTP_URL: server.url, MAIL_FROM: 'office@test.invalid' }
      const worker = new WorkerProcess(stage, { ...settings, PERSONA_CRASH_POINT: point })
      // the worker registers the tools
      await expect
        .poll(() => stage.query("select from tools where name = 'send_email'"), { timeout: 20_000 })
        .toHaveLength(1)
      await stage.asUser(owner, `set_persona_tool($1, 'send_email', '{"policy": "allow"}')`, [persona.id])
      const runId = await stage.createRun(persona.id)
      expect(await worker.ended).toBe('SIGKILL')
      expect(sent(subject)).toHaveLength(before)

      await stage.startExecutor({ leaseSeconds: 3, mail: mailSettings({ ...settings, WEB_URL: 'http://web.test' }) })
      await stage.until(runId, (run) => run.waiting_for === 'human')
      expect(sent(subject), 'nothing is sent without being asked').toHaveLength(before)
      const [question] = await stage.query<{ id: string; kind: string }>('select * from approvals where run_id = $1', [
        runId,
      ])
      expect(question?.kind).toBe('unknown_effect')
      await stage.asUser(owner, 'decide(approval_id => $1, decision => $2)', [question!.id, decision])
      expect(await stage.ended(runId)).toMatchObject({ status: 'completed' })
      expect(sent(subject)).toHaveLength(after)
    } finally {
      await stage.close()
    }
  },
)

it('records in the ledger what happened to a mail whose run was cancelled while it was being sent', async () => {
  server.mood = 'hold'
  const subject = 'Cancelled on its way'
  const { runId } = await runThatSends({ ...invitation, subject }, { policy: 'allow' })
  await expect.poll(() => sent(subject), { timeout: 10_000 }).toHaveLength(1)
  await platform.asUser(owner, 'cancel_run(run_id => $1)', [runId])
  expect(await callOf(runId)).toMatchObject({ status: 'unknown', error: { code: 'outcome_unknown' } })

  server.release()
  await expect.poll(async () => (await callOf(runId)).status, { timeout: 15_000 }).toBe('succeeded')
  expect(await callOf(runId)).toMatchObject({ error: null, output: { accepted: ['ada@acme.test', 'bob@acme.test'] } })
  expect(await platform.run(runId)).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
  expect((await platform.steps(runId)).slice(-2).map(({ data }) => data.status ?? data.code)).toEqual([
    'succeeded',
    'late_result',
  ])
  expect(sent(subject)).toHaveLength(1)
})

it('asks nobody about a mail if the installation has no mail server, and says which settings are missing', async () => {
  const bare = await startPlatform(inject('postgresUrl'))
  try {
    await bare.startExecutor()
    const persona = await bare.persona([
      { tool_calls: [{ name: 'send_email', arguments: invitation }] },
      { text: 'No.' },
    ])
    const runId = await bare.createRun(persona.id)
    await bare.ended(runId)
    const [call] = await bare.query<{ error: object }>('select error from tool_runs where run_id = $1', [runId])
    expect(call?.error).toMatchObject({ code: 'need_missing', message: expect.stringContaining('SMTP_URL') })
  } finally {
    await bare.close()
  }
})
