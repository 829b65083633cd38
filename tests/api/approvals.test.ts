/**
 * Protects decisions: edited arguments must fit the tool, late answers are refused, and every kind of question can end.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { committed, finished, WRITE_ONE } from '../support/transition.ts'
import { type Api, makePersona, makeRun, type Reply, startApi } from './support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const mail = { to: ['ada@acme.test'], subject: 'Lunch', body: 'At one?' }

interface Question {
  runId: string
  id: string
}
const query = <Row>(sql: string, values: unknown[] = []) => api.instance.database.query<Row>(sql, values)

/** A new run's mail that waits for approval. With `isLost`, it was approved and its worker was lost. */
async function asked({ isLost = false } = {}): Promise<Question> {
  const runId = await makeRun(api.people.member, await makePersona(api.people.owner, api.workspaceId))
  const [claim] = await query<{ fence: number }>(
    `select (c ->> 'fence')::int as fence from jsonb_array_elements(platform.claim_runs('test', 100, 30)) c
     where c ->> 'run_id' = $1`,
    [runId],
  )
  const outcome = { next: 'tools', calls: [{ call_id: 'c1', tool: 'send_email', arguments: mail }] }
  await query(WRITE_ONE, committed(runId, claim?.fence, outcome))
  const question = await pending(runId)
  if (!isLost) return question
  await decide(question, { decision: 'approve' })
  const [call] = await query<{ tool_run_id: string; attempt: number }>(
    `select c ->> 'tool_run_id' as tool_run_id, (c ->> 'attempt')::int as attempt
     from jsonb_array_elements(platform.claim_tools('test', 100, 30)) c where c ->> 'run_id' = $1`,
    [runId],
  )
  const result = { status: 'unknown', error: { code: 'worker_lost', message: 'Nobody can tell.' } }
  await query(WRITE_ONE, finished(runId, call?.tool_run_id, call?.attempt, result))
  return pending(runId)
}

async function pending(runId: string): Promise<Question> {
  const [question] = (await api.people.viewer.call('GET', `/approvals?run_id=${runId}`)).body.approvals
  return { runId, id: question.id }
}
const decide = ({ id }: Question, body: object): Promise<Reply> =>
  api.people.member.call('POST', `/approvals/${id}/decide`, { body })
const callOf = async ({ runId }: Question) =>
  (
    await query<{ status: string; arguments: object; error: { code: string; message: string } | null }>(
      'select status, arguments, error from public.tool_runs where run_id = $1',
      [runId],
    )
  )[0]!

describe('edited arguments', () => {
  test.each([
    [{ nope: 1 }, 'edited.to'],
    [{ ...mail, to: ['ada'] }, 'edited.to.0'],
    [{ ...mail, to: [] }, 'edited.to'],
    [{ ...mail, subject: 7 }, 'edited.subject'],
  ])('%j do not fit the tool: nothing is decided', async (edited, path) => {
    const question = await asked()
    const reply = await decide(question, { decision: 'approve', edited })
    expect(reply).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } })
    expect(reply.body.error.details[0].path).toBe(path)
    expect(reply.body.error.message).toContain(path.replace('edited.', ''))
    expect(await callOf(question)).toMatchObject({ status: 'awaiting_approval', arguments: mail })
    const edit = { ...mail, subject: 'Dinner' }
    expect(await decide(question, { decision: 'approve', edited: edit })).toMatchObject({ status: 200 })
    expect(await callOf(question)).toMatchObject({ status: 'queued', arguments: edit })
  })

  test('that lack a required argument are refused by the database too', async () => {
    const question = await asked()
    const response = await fetch(`${api.instance.apiUrl}/rest/v1/rpc/decide`, {
      method: 'POST',
      headers: {
        apikey: api.instance.keys.publishable,
        authorization: `Bearer ${api.people.member.token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ approval_id: question.id, decision: 'approve', edited: { nope: 1 } }),
    })
    expect(response.status).toBe(422)
    expect(await callOf(question)).toMatchObject({ status: 'awaiting_approval' })
  })
})

test('a call that nobody approved in time is refused, and the model gets the reason', async () => {
  const question = await asked()
  await query(`update public.approvals set expires_at = platform.now() - interval '1 s' where id = $1`, [question.id])
  expect(await decide(question, { decision: 'approve' })).toMatchObject({
    status: 410,
    body: { error: { code: 'approval_expired' } },
  })
  await query('select platform.sweep()')
  const call = await callOf(question)
  expect(call).toMatchObject({ status: 'denied', error: { code: 'approval_expired' } })
  expect(call.error?.message).toBe('Nobody answered in time, so this was not done.')
  expect(await decide(question, { decision: 'approve' })).toMatchObject({
    status: 409,
    body: { error: { code: 'already_decided' } },
  })
})

describe('an effect that may or may not have happened', () => {
  test('can be given up', async () => {
    const question = await asked({ isLost: true })
    expect(await decide(question, { decision: 'approve' })).toMatchObject({ status: 422 })
    expect(await decide(question, { decision: 'give_up', answer: 'Too late anyway.' })).toMatchObject({
      status: 200,
      body: { approval: { kind: 'unknown_effect', decision: 'give_up' } },
    })
    const call = await callOf(question)
    expect(call).toMatchObject({ status: 'failed', error: { code: 'given_up' } })
    expect(call.error?.message).toBe(
      'A person gave this call up: nobody knows whether it happened. They said: Too late anyway.',
    )
  })

  test('is given up if nobody answers in time', async () => {
    const question = await asked({ isLost: true })
    await query(`update public.approvals set expires_at = platform.now() - interval '1 s' where id = $1`, [question.id])
    await query('select platform.sweep()')
    const call = await callOf(question)
    expect(call).toMatchObject({ status: 'failed', error: { code: 'given_up' } })
    expect(call.error?.message).toBe('Nobody knows whether it happened, and nobody answered in time.')
  })
})
