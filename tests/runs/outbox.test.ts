/** Protects: every mail that was let go stands in the outbox as it was approved, with the truth about what became of it. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { mailSettings } from '../../executor/engine/mail-server.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { owner, type Platform, startPlatform } from './support/platform.ts'
import { WorkerProcess } from './support/worker-process.ts'

const draft = { to: ['ada@acme.test'], cc: ['bob@acme.test'], subject: 'Our meeting', body: 'Dear Ada,\n\non Friday.' }
const edited = { ...draft, to: ['eve@globex.test'], body: 'Dear Eve,\n\non Monday <b>at ten</b>.' }
const sends = (mail: object) => ({ tool_calls: [{ name: 'send_email', arguments: { ...mail } }] })

let server: MailServer
beforeAll(async () => {
  server = await startMailServer()
})
afterAll(() => server?.stop())

async function withStage(work: (stage: Platform) => Promise<void>) {
  const stage = await startPlatform(inject('postgresUrl'))
  try {
    await work(stage)
  } finally {
    await stage.close()
  }
}

const mailsOf = (stage: Platform, runId: string) =>
  stage.query<{ status: string; error: { code: string } | null; sent_at: string | null }>(
    'select * from emails where run_id = $1',
    [runId],
  )

async function questionIn(stage: Platform, runId: string) {
  await stage.until(runId, (run) => run.status === 'waiting' && run.waiting_for !== 'tools')
  const [row] = await stage.query<{ id: string; kind: string }>(
    "select * from approvals where run_id = $1 and status = 'pending'",
    [runId],
  )
  return row!
}

const decide = (stage: Platform, id: string, decision: string, edit?: object) =>
  stage.asUser(owner, 'decide(approval_id => $1, decision => $2, edited => $3)', [
    id,
    decision,
    edit ? JSON.stringify(edit) : null,
  ])

const toolResults = async (stage: Platform, model: string) =>
  (await stage.requests(model)).at(-1)?.messages.filter(({ role }) => role === 'tool') ?? []

it('keeps a mail as the person edited it when there is no mail server, and says that it was not sent', () =>
  withStage(async (stage) => {
    await stage.startExecutor({ outboxSender: 'office@test.invalid' })
    const persona = await stage.persona([sends(draft), { text: 'It is in the outbox.' }])
    const runId = await stage.createRun(persona.id)
    const { id, kind } = await questionIn(stage, runId)
    expect(kind).toBe('approval')
    expect(await mailsOf(stage, runId), 'nothing is in the outbox before it is approved').toEqual([])
    await decide(stage, id, 'approve', edited)
    expect(await stage.ended(runId)).toMatchObject({ status: 'completed' })

    expect(await mailsOf(stage, runId)).toEqual([
      expect.objectContaining({
        direction: 'out',
        status: 'kept',
        sender: 'office@test.invalid',
        recipients: ['eve@globex.test'],
        cc: ['bob@acme.test'],
        subject: 'Our meeting',
        body_text: edited.body,
        error: null,
        sent_at: null,
      }),
    ])
    const [result] = await toolResults(stage, persona.model)
    expect(JSON.parse(result!.content)).toMatchObject({ delivery: 'outbox', note: expect.stringMatching(/not sent/) })
    const [tool] = await stage.query("select works, works_note from tools where name = 'send_email'")
    expect(tool).toEqual({ works: true, works_note: expect.stringMatching(/outbox.*SMTP_URL/) })
  }))

it('keeps nothing of a mail that was denied or had wrong arguments', () =>
  withStage(async (stage) => {
    await stage.startExecutor({ outboxSender: 'office@test.invalid' })
    const persona = await stage.persona([
      sends(draft),
      sends({ ...draft, to: ['Ada <ada@acme.test>'] }),
      { text: 'No.' },
    ])
    const runId = await stage.createRun(persona.id)
    await decide(stage, (await questionIn(stage, runId)).id, 'deny')
    await decide(stage, (await questionIn(stage, runId)).id, 'approve')
    expect(await stage.ended(runId)).toMatchObject({ status: 'completed' })
    expect(await mailsOf(stage, runId)).toEqual([])
  }))

it('records what the mail server took', () =>
  withStage(async (stage) => {
    await stage.startExecutor({
      outboxSender: 'unused@test.invalid',
      mail: mailSettings({ SMTP_URL: server.url, MAIL_FROM: 'office@test.invalid', WEB_URL: 'http://web.test' }),
    })
    const subject = `Sent ${Math.random()}`
    const persona = await stage.persona([sends({ ...draft, subject }), { text: 'Sent.' }])
    const runId = await stage.createRun(persona.id)
    await decide(stage, (await questionIn(stage, runId)).id, 'approve')
    await stage.ended(runId)
    expect(server.mails.filter(({ headers }) => headers.subject === subject)).toHaveLength(1)
    const [mail, ...more] = await mailsOf(stage, runId)
    expect(more).toEqual([])
    expect(mail).toMatchObject({ status: 'sent', sender: 'office@test.invalid', sent_at: expect.anything() })
  }))

it('keeps the person’s edit of a mail that failed, and does not ask again by itself', { timeout: 60_000 }, () =>
  withStage(async (stage) => {
    const gone = await startMailServer()
    await gone.stop()
    await stage.startExecutor({
      mail: mailSettings({ SMTP_URL: gone.url, MAIL_FROM: 'office@test.invalid', WEB_URL: 'http://web.test' }),
    })
    const persona = await stage.persona([
      sends(draft),
      sends(draft),
      sends({ ...draft, subject: 'In other words' }),
      { tool_calls: [{ name: 'ask_human', arguments: { question: 'The mail failed. Shall I try again?' } }] },
      sends(draft),
      { text: 'It failed.' },
    ])
    const runId = await stage.createRun(persona.id)
    await decide(stage, (await questionIn(stage, runId)).id, 'approve', edited)
    await stage.until(runId, (run) => run.waiting_for === 'human', 40)
    expect(await mailsOf(stage, runId)).toEqual([
      expect.objectContaining({
        status: 'failed',
        recipients: ['eve@globex.test'],
        body_text: edited.body,
        error: expect.objectContaining({ code: 'mail_unavailable' }),
      }),
    ])
    const results = await toolResults(stage, persona.model)
    expect(results.slice(1).map(({ content }) => JSON.parse(content).error)).toEqual([
      { code: 'failed_before', message: expect.stringContaining('does not answer') },
      { code: 'failed_before', message: expect.stringContaining('They are not asked again') },
    ])

    const question = await questionIn(stage, runId)
    await stage.asUser(owner, 'decide(approval_id => $1, decision => $2, answer => $3)', [
      question.id,
      'answer',
      'Yes.',
    ])
    expect(await questionIn(stage, runId), 'a person said to try again').toMatchObject({ kind: 'approval' })
  }),
)

it('asks when the worker was lost before the mail stood in the outbox, and keeps it once', { timeout: 60_000 }, () =>
  withStage(async (stage) => {
    await (await stage.startExecutor({ outboxSender: 'office@test.invalid' })).close()
    const persona = await stage.persona([sends(draft), { text: 'That was it.' }])
    await stage.asUser(owner, `set_persona_tool($1, 'send_email', '{"policy": "allow"}')`, [persona.id])
    const runId = await stage.createRun(persona.id)
    const worker = new WorkerProcess(stage, {
      SMTP_URL: server.url,
      MAIL_FROM: 'office@test.invalid',
      PERSONA_CRASH_POINT: 'tool.before_execution',
    })
    expect(await worker.ended).toBe('SIGKILL')
    await stage.startExecutor({ leaseSeconds: 3, outboxSender: 'office@test.invalid' })
    const { id, kind } = await questionIn(stage, runId)
    expect(kind).toBe('unknown_effect')
    expect(await mailsOf(stage, runId)).toEqual([expect.objectContaining({ status: 'unknown' })])
    await decide(stage, id, 'do_again')
    await stage.ended(runId)
    expect(await mailsOf(stage, runId)).toEqual([expect.objectContaining({ status: 'kept', error: null })])
  }),
)
