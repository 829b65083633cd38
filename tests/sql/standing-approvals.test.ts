/**
 * Protects: "always allow this". A rule lets a call run only if it equals the approved one in all that the rule fixes, for as
 * many calls and as long as the person said, and only while that person may edit the persona.
 */
import pg from 'pg'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, idOf, type Person, personas, populate, rows, toolId } from './people.ts'

const { client, url } = await ownDatabase()
const { approval, toolRun, run } = rows('open')
const mail = { to: ['boss@acme.test'], cc: ['Ada@acme.test'], subject: 'Report', body: 'All is well.' }

beforeAll(() => populate(client))
beforeEach(async () => {
  await client.query(`
    delete from standing_approvals; delete from platform.audit_queue;
    update tools set is_enabled = true where id = '${toolId}';
    update persona_tools set policy = 'default', conditions = '[]';
    update runs set status = 'waiting', waiting_for = 'approval', finished_at = null, schedule_id = null where id = '${run}'`)
  await client.query(`update tool_runs set status = 'awaiting_approval', arguments = $1 where id = '${toolRun}'`, [
    mail,
  ])
  await client.query(
    `update approvals set status = 'pending', decision = null, arguments = $1, expires_at = now() + interval '1 day'
     where id = '${approval}'`,
    [mail],
  )
})

const recipients = { arguments: ['recipients'], max_uses: 2, days: 30 }

/** Approves the call as that person and allows calls like it; answers the code of a refusal, or null. */
async function allow(always: object = recipients, person: Person = 'workspaceAdmin', edited: object | null = null) {
  await client.query(`select set_config('request.jwt.claims', $1, false)`, [JSON.stringify({ sub: idOf(person) })])
  try {
    await client.query(`select decide('${approval}', 'approve', edited => $1, always => $2)`, [
      edited && JSON.stringify(edited),
      JSON.stringify(always),
    ])
    return null
  } catch (error) {
    return (error as pg.DatabaseError).hint
  }
}

/** What the platform decides about a call of the persona's model. */
async function decided(
  args: unknown,
  { tool = toolId, persona = personas.open as string, asks = false, on = client } = {},
) {
  const { rows: answers } = await on.query(
    `select platform.decide_call(jsonb_populate_record(r, $3), t, pt, $1, $2) as policy
     from runs r, tools t left join persona_tools pt on pt.tool_id = t.id and pt.persona_id = $5
     where r.id = '${run}' and t.id = $4`,
    [JSON.stringify(args), asks, JSON.stringify({ persona_id: persona }), tool, persona],
  )
  return answers[0].policy
}

const events = async () =>
  (
    await client.query(
      `select action, data from platform.audit_queue where action like 'standing_approval.%' order by queue_id`,
    )
  ).rows

describe('a rule on the recipients of a mail', () => {
  beforeEach(async () => expect(await allow()).toBeNull())

  test.each([
    ['the same mail', mail],
    ['another subject and body', { ...mail, subject: 'x', body: 'y' }],
    ['fewer recipients', { to: ['ada@ACME.test'], subject: 'x', body: 'y' }],
    ['a recipient moved from cc to to', { ...mail, to: ['ada@acme.test', 'boss@acme.test'], cc: [] }],
  ])('allows %s', async (_what, args) => expect(await decided(args)).toBe('allow'))

  test.each([
    ['another recipient', { ...mail, to: ['evil@bad.test'] }],
    ['a further recipient', { ...mail, to: [...mail.to, 'evil@bad.test'] }],
    ['a hidden recipient', { ...mail, bcc: ['evil@bad.test'] }],
    ['two addresses in one text', { ...mail, to: ['boss@acme.test, evil@bad.test'] }],
    ['no recipient', { ...mail, to: [], cc: [] }],
    ['an argument that the approved call did not have', { ...mail, attachments: ['secret.pdf'] }],
    ['something that is no object', ['boss@acme.test']],
    ['nothing', null],
  ])('asks about %s', async (_what, args) => expect(await decided(args)).toBe('ask'))

  test('is for this tool and this persona only', async () => {
    await client.query(`update tools set effect = 'effect' where name = 'acme_only'`)
    const { rows: others } = await client.query(`select id from tools where name = 'acme_only'`)
    expect(await decided(mail, { tool: others[0].id })).toBe('ask')
    expect(await decided(mail, { persona: personas.closed })).toBe('ask')
  })

  test('is used up by its count, and each use is in the audit log', async () => {
    expect([await decided(mail), await decided(mail), await decided(mail)]).toEqual(['allow', 'allow', 'ask'])
    expect((await events()).map(({ action, data }) => [action, data.uses, data.max_uses])).toEqual([
      ['standing_approval.created', undefined, 2],
      ['standing_approval.used', 1, 2],
      ['standing_approval.used', 2, 2],
    ])
  })

  test('is not used up by a call that asks, is denied, or needs no approval', async () => {
    await decided({ ...mail, to: ['evil@bad.test'] })
    await client.query(`update persona_tools set policy = 'allow'`)
    await decided(mail)
    await client.query(`update persona_tools set policy = 'deny'`)
    expect(await decided(mail), 'it never lifts a denial').toBe('deny')
    expect((await client.query('select uses from standing_approvals')).rows).toEqual([{ uses: 0 }])
  })

  test('does not speak for a person in a fork that asks about every effect', async () => {
    expect(await decided(mail, { asks: true })).toBe('ask')
  })

  test('ends with its time', async () => {
    await client.query(`update standing_approvals set expires_at = now()`)
    expect(await decided(mail)).toBe('ask')
  })

  test('ends when an editor revokes it, and twice does no harm', async () => {
    const revoke = `select revoke_standing_approval((select id from standing_approvals))`
    await client.query(revoke)
    await client.query(revoke)
    expect(await decided(mail)).toBe('ask')
    expect((await events()).map(({ action }) => action)).toEqual([
      'standing_approval.created',
      'standing_approval.revoked',
    ])
  })

  test.each([
    ['may no longer edit the persona', `update workspace_members set role = 'member' where user_id = $1`],
    ['has left the workspace', `delete from workspace_members where user_id = $1`],
  ])('ends when the person who made it %s', async (_what, change) => {
    await client.query('begin')
    await client.query(change, [idOf('workspaceAdmin')])
    expect(await decided(mail)).toBe('ask')
    await client.query('rollback')
  })
})

test('of forty calls at once exactly as many run as the rule allows, at most', async () => {
  await allow({ ...recipients, max_uses: 5 })
  const pool = new pg.Pool({ connectionString: url, max: 20 })
  const answers = await Promise.all(
    Array.from({ length: 40 }, async () => decided(mail, { on: pool as unknown as typeof client })),
  )
  await pool.end()
  const allowed = answers.filter((policy) => policy === 'allow').length
  const { rows: counted } = await client.query('select uses from standing_approvals')
  expect(counted).toEqual([{ uses: allowed }])
  expect(allowed).toBeLessThanOrEqual(5)
  expect(allowed).toBeGreaterThan(0)
})

test('calls of one segment are counted one by one', async () => {
  await allow({ ...recipients, max_uses: 2 })
  const calls = [1, 2, 3].map((n) => ({ call_id: `c${n}`, tool: 'do_nothing', arguments: mail }))
  await client.query('begin')
  await client.query(`update runs set segment = 9, status = 'running' where id = '${run}'`)
  await client.query(`select platform.save_one(platform.enqueue_calls(r, $1)) from runs r where id = '${run}'`, [
    JSON.stringify(calls),
  ])
  const { rows: states } = await client.query(
    `select status from tool_runs where run_id = '${run}' and segment = 8 order by position`,
  )
  await client.query('rollback')
  expect(states.map(({ status }) => status)).toEqual(['queued', 'queued', 'awaiting_approval'])
})

test('a rule that fixes values takes them as they are, large and small letters too', async () => {
  await allow({ arguments: ['subject', 'cc'], max_uses: 9, days: 1 })
  expect(await decided({ ...mail, to: ['else@acme.test'] })).toBe('allow')
  expect(await decided({ ...mail, subject: 'report' })).toBe('ask')
  expect(await decided({ ...mail, cc: [] })).toBe('ask')
  expect(await decided({ to: mail.to, body: 'x', cc: mail.cc }), 'a missing value is another value').toBe('ask')
})

test('a rule takes the values that the person has edited', async () => {
  await allow(recipients, 'workspaceOwner', { ...mail, to: ['new@acme.test'] })
  expect(await decided({ ...mail, to: ['new@acme.test'] })).toBe('allow')
  expect(await decided(mail)).toBe('ask')
})

describe('no rule is made', () => {
  test.each([
    ['by somebody who may use the persona, but not edit it', recipients, 'workspaceMember', 'not_allowed'],
    ['that fixes nothing', { ...recipients, arguments: [] }, 'workspaceAdmin', 'invalid_input'],
    [
      'on an argument that the call does not have',
      { ...recipients, arguments: ['bcc'] },
      'workspaceAdmin',
      'invalid_input',
    ],
    ['without a count', { arguments: ['to'], days: 1 }, 'workspaceAdmin', 'invalid_input'],
    ['for ever', { ...recipients, days: 91 }, 'workspaceAdmin', 'invalid_input'],
    ['without an end of its count', { ...recipients, max_uses: 1001 }, 'workspaceAdmin', 'invalid_input'],
  ] as const)('%s, and the call is not approved either', async (_what, always, person, code) => {
    expect(await allow(always, person)).toBe(code)
    const { rows: left } = await client.query(`select status from approvals where id = '${approval}'`)
    expect(left).toEqual([{ status: 'pending' }])
    expect((await client.query('select from standing_approvals')).rowCount).toBe(0)
  })

  test('by an API key, which the rule would outlive', async () => {
    const claims = {
      sub: idOf('workspaceAdmin'),
      role: 'authenticated',
      api_key: '71000000-0000-4000-8000-000000000009',
    }
    await client.query('begin')
    try {
      await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
      const rule = client.query(
        `select platform.add_standing_approval(a, t, $1) from approvals a join tool_runs t on t.id = a.tool_run_id
         where a.id = '${approval}'`,
        [JSON.stringify(recipients)],
      )
      await expect(rule).rejects.toMatchObject({ hint: 'session_needed' })
    } finally {
      await client.query('rollback')
    }
  })

  test('while denying', async () => {
    const denial = client.query(`select decide('${approval}', 'deny', always => $1)`, [JSON.stringify(recipients)])
    await expect(denial).rejects.toMatchObject({ hint: 'invalid_input' })
  })
})

test('what waits is told with what it is for, and with what I may do', async () => {
  await client.query(`update runs set input = 'Write to the boss.' where id = '${run}'`)
  const waitingFor = async (person: Person) => {
    await client.query(`select set_config('request.jwt.claims', $1, false)`, [JSON.stringify({ sub: idOf(person) })])
    return (await client.query(`select waiting_questions('${acme}') as told`)).rows[0].told
  }
  const questions = await waitingFor('workspaceMember')
  expect(questions).toMatchObject([
    {
      id: approval,
      run_id: run,
      task: 'Write to the boss.',
      asked_by_name: 'Workspaceowner',
      source: 'person',
      role: 'user',
    },
  ])
  expect(await waitingFor('workspaceViewer')).toMatchObject([{ id: approval, role: 'viewer' }])
  expect(await waitingFor('workspaceOwner'), 'the private persona asks, too').toHaveLength(2)
})
