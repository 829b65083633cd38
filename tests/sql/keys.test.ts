/** Protects: an API key never does more than its scopes say, in its workspace, and nothing once it is revoked or expired. */
import type pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, alertId, globex, idOf, personas, populate, rows } from './people.ts'
import { commands } from './permissions.ts'

const { client } = await ownDatabase()

interface KeyOptions {
  scopes?: string[]
  workspace?: string | null
  /** SQL of further columns. */
  ended?: 'revoked_at' | 'expires_at'
}

const query = async (sql: string, values: unknown[] = []) => (await client.query(sql, values)).rows

beforeAll(async () => {
  await populate(client)
  await query('insert into workspace_members values ($1, $2, $3)', [globex, idOf('workspaceOwner'), 'owner'])
})

/** Runs `sql` with a new key of the owner of both workspaces and takes everything back. Returns rows, or hint and state. */
async function withKey({ scopes = ['admin'], workspace = null, ended }: KeyOptions, sql: string) {
  await client.query('begin')
  try {
    const [key] = await query(
      `insert into api_keys (user_id, name, prefix, key_hash, scopes, workspace_id, ${ended ?? 'last_used_at'})
       values ($1, 'k', 'ppk_CCCCCCCC', sha256('c'), $2, $3, now() - interval '1 second') returning id`,
      [idOf('workspaceOwner'), scopes, workspace],
    )
    const claims = { sub: idOf('workspaceOwner'), role: 'authenticated', api_key: key.id }
    await query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
    await query('set local role authenticated')
    return (await client.query(sql)).rows
  } catch (error) {
    const { code, hint } = error as pg.DatabaseError
    return `${hint} ${code}`
  } finally {
    await client.query('rollback')
  }
}

const { run, approval } = rows('open')
const create = `select public.create_run('${personas.open}', 'work')`
const decide = `select public.decide('${approval}', 'approve')`
const rename = `select public.update_workspace('${acme}', '{"name": "Acme 2"}')`
const persona = `select public.create_persona('${acme}', '{"name": "P"}')`
const readRun = `select id from public.runs where id = '${run}'`
const lacks = 'scope_missing PT403'

describe.each([
  { scope: 'runs:read', may: [readRun], not: [create, decide, rename, persona] },
  { scope: 'runs:write', may: [readRun, create], not: [decide, rename, persona] },
  { scope: 'approvals:decide', may: [readRun, decide], not: [create, rename, persona] },
  { scope: 'admin', may: [readRun, create, decide, rename, persona], not: [] },
])('a key with $scope', ({ scope, may, not }) => {
  test.each(may)('may: %s', async (sql) => {
    expect(await withKey({ scopes: [scope] }, sql)).toHaveLength(1)
  })
  test.each(not)('lacks the scope for: %s', async (sql) => {
    expect(await withKey({ scopes: [scope] }, sql)).toBe(lacks)
  })
})

/** Calls that change nothing. */
const reads =
  /^(is_|can_|may_manage|read_invitation|persona_role|persona_of|search_tools|run_checkpoints|find_conversations|record_|workspace_spending|persona_spending|waiting_questions)/

test.each(commands.filter(({ call }) => !reads.test(call)).map(({ call }) => call))(
  'a key that may only read is refused: %s',
  async (call) => {
    const refused = await withKey({ scopes: ['runs:read'] }, `select public.${call}`)
    expect(refused).toMatch(/^\w+ PT40[34]$/)
  },
)

test.each(['create_api_key', 'revoke_api_key', 'my_sessions', 'end_session', 'leave_platform'])(
  'no key may call %s',
  async (name) => {
    const { call } = commands.find((command) => command.call.startsWith(name)) as { call: string }
    expect(await withKey({}, `select public.${call}`)).toBe('session_needed PT403')
  },
)

test('no key sees keys', async () => {
  expect(await withKey({}, 'select id from public.api_keys')).toEqual([])
})

describe('a key of one workspace', () => {
  const ofGlobex = { workspace: globex }
  test('sees that workspace and its people, and no other', async () => {
    expect(await withKey(ofGlobex, 'select id from public.workspaces')).toEqual([{ id: globex }])
    expect(await withKey({}, 'select id from public.workspaces')).toHaveLength(2)
    const people = await withKey(ofGlobex, 'select id from public.profiles order by id')
    expect(people).toEqual([{ id: idOf('workspaceOwner') }, { id: idOf('otherTenant') }])
  })
  test.each([create, decide, rename, persona])('does not find what is elsewhere: %s', async (sql) => {
    expect(await withKey(ofGlobex, sql)).toMatch(/^\w+_not_found PT404$/)
  })
  test('changes nothing that is outside of workspaces', async () => {
    for (const call of ["create_workspace('New')", "update_profile('Name')"])
      expect(await withKey({ workspace: acme }, `select public.${call}`)).toBe(lacks)
  })
})

test.each(['revoked_at', 'expires_at'] as const)('a key whose %s is over opens nothing', async (ended) => {
  for (const table of ['workspaces', 'personas', 'runs', 'approvals', 'secrets', 'audit_events'])
    expect(await withKey({ ended }, `select 1 from public.${table}`), table).toEqual([])
  expect(await withKey({ ended }, create)).toBe('persona_not_found PT404')
  expect(await withKey({ ended }, `select public.resolve_alert('${alertId}')`)).toBe('alert_not_found PT404')
})

test('the claim of somebody else’s key opens nothing', async () => {
  await client.query('begin')
  const [key] = await query(
    `insert into api_keys (user_id, name, prefix, key_hash, scopes)
     values ($1, 'k', 'ppk_DDDDDDDD', sha256('d'), '{admin}') returning id`,
    [idOf('otherTenant')],
  )
  const claims = { sub: idOf('workspaceOwner'), role: 'authenticated', api_key: key.id }
  await query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
  expect(await query('select public.is_workspace_member($1) as is_member', [acme])).toEqual([{ is_member: false }])
  await client.query('rollback')
})

describe('the check of a key', () => {
  const use = (secret = 'key') =>
    query(`select public.use_api_key('ppk_AAAAAAAA', encode(sha256($1::text::bytea), 'hex')) as used`, [secret])
  const lastUse = async () => (await query(`select last_used_at from api_keys where prefix = 'ppk_AAAAAAAA'`))[0]

  test('notes the use, at most once a minute', async () => {
    await client.query('begin')
    const setClock = (time: string) => query(`select set_config('platform.now', $1, true)`, [time])
    await setClock('2030-01-01T00:00:00Z')
    expect((await use())[0].used).toMatchObject({ user_id: idOf('workspaceOwner') })
    await setClock('2030-01-01T00:00:59Z')
    await use()
    expect((await lastUse()).last_used_at).toEqual(new Date('2030-01-01T00:00:00Z'))
    await setClock('2030-01-01T00:01:01Z')
    await use()
    expect((await lastUse()).last_used_at).toEqual(new Date('2030-01-01T00:01:01Z'))
    await client.query('rollback')
  })

  test('refuses another secret, and does not note it', async () => {
    expect(await use('other')).toEqual([{ used: null }])
    expect(await lastUse()).toEqual({ last_used_at: null })
  })

  test.each([
    `update api_keys set revoked_at = now() where prefix = 'ppk_AAAAAAAA'`,
    `update api_keys set expires_at = now() where prefix = 'ppk_AAAAAAAA'`,
    `update auth.users set banned_until = now() + interval '1 day' where id = '${idOf('workspaceOwner')}'`,
  ])('refuses after: %s', async (sql) => {
    await client.query('begin')
    await client.query(sql)
    expect(await use()).toEqual([{ used: null }])
    await client.query('rollback')
  })
})

test('events say which key was used, and the audit log never holds its secret or hash', async () => {
  await client.query('begin')
  await query(`select set_config('request.jwt.claims', $1, true)`, [
    JSON.stringify({ sub: idOf('workspaceOwner'), role: 'authenticated' }),
  ])
  const [{ key }] = await query(
    `select public.create_api_key('CI', '{runs:write}', 'ppk_EEEEEEEE', repeat('ab', 32)) as key`,
  )
  expect(key).not.toHaveProperty('key_hash')
  const claims = { sub: idOf('workspaceOwner'), role: 'authenticated', api_key: key.id }
  await query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
  await query(create)
  const events = await query(
    `select action, data from platform.audit_queue where action in ('api_key.created', 'run.created') order by queue_id`,
  )
  expect(events.at(-2)).toMatchObject({ action: 'api_key.created', data: { prefix: 'ppk_EEEEEEEE', name: 'CI' } })
  expect(events.at(-1)).toMatchObject({ action: 'run.created', data: { api_key: key.id } })
  expect(JSON.stringify(events)).not.toContain('abab')
  await client.query('rollback')
})

test('a person has at most fifty live keys', async () => {
  await client.query('begin')
  await query(`select set_config('request.jwt.claims', $1, true)`, [
    JSON.stringify({ sub: idOf('otherTenant'), role: 'authenticated' }),
  ])
  const add = (n: number) =>
    query(`select public.create_api_key('k', '{admin}', $1, repeat('0', 64))`, [`ppk_${String(n).padStart(8, '0')}`])
  for (let n = 0; n < 50; n++) await add(n)
  await expect(add(50)).rejects.toMatchObject({ hint: 'too_many_keys' })
  await client.query('rollback')
})
