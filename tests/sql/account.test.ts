/** Protects: a session that has ended or lacks the second factor opens nothing, and an account ends without leaving orphans. */
import type pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, globex, idOf, type Person, personas, populate } from './people.ts'

const { client } = await ownDatabase()
const query = async (sql: string, values: unknown[] = []) => (await client.query(sql, values)).rows
const session = '71000000-0000-4000-8000-000000000001'
const other = '71000000-0000-4000-8000-000000000002'

beforeAll(async () => {
  await populate(client)
  for (const id of [session, other])
    await query('insert into auth.sessions (id, user_id, user_agent) values ($1, $2, $3)', [
      id,
      idOf('workspaceOwner'),
      'Firefox',
    ])
})

/** Runs the statements as a person with a session, and takes everything back. Returns the rows of the last, or the refusal. */
async function as(person: Person, claims: object, ...statements: string[]) {
  await client.query('begin')
  try {
    const all = { sub: idOf(person), role: 'authenticated', session_id: session, aal: 'aal1', ...claims }
    await query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(all)])
    await query('set local role authenticated')
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = await query(statement)
    return rows
  } catch (error) {
    const { code, hint } = error as pg.DatabaseError
    return `${hint} ${code}`
  } finally {
    await client.query('rollback')
  }
}

const workspaces = 'select id from public.workspaces'
const create = `select public.create_run('${personas.open}', 'work')`
const incomplete = 'second_factor_needed PT401'

/** Gives the owner a second factor for the test. */
async function withFactor(work: () => Promise<void>) {
  await query(`insert into auth.mfa_factors (id, user_id, status, secret) values ('${other}', $1, 'verified', 's')`, [
    idOf('workspaceOwner'),
  ])
  try {
    await work()
  } finally {
    await query('delete from auth.mfa_factors')
  }
}

describe('an account with a second factor', () => {
  test('is closed to a session that has only the password', () =>
    withFactor(async () => {
      expect(await as('workspaceOwner', {}, workspaces)).toEqual([])
      expect(await as('workspaceOwner', {}, create)).toMatch(/persona_not_found PT404|second_factor_needed PT401/)
      const key = `select public.create_api_key('k', '{admin}', 'ppk_FFFFFFFF', repeat('0', 64))`
      expect(await as('workspaceOwner', {}, key)).toBe(incomplete)
      expect(await as('workspaceOwner', {}, `select public.create_workspace('New')`)).toBe(incomplete)
      expect(await as('workspaceOwner', {}, 'select id from public.api_keys')).toEqual([])
    }))

  test('opens with it', () =>
    withFactor(async () => {
      await query(`update auth.sessions set aal = 'aal2' where id = $1`, [session])
      expect(await as('workspaceOwner', { aal: 'aal2' }, workspaces)).toEqual([{ id: acme }])
      await query(`update auth.sessions set aal = 'aal1' where id = $1`, [session])
      expect(await as('workspaceOwner', { aal: 'aal2' }, workspaces), 'an old token of a session that lost it').toEqual(
        [],
      )
    }))

  test('still answers by the links of its mails, which have no session', () =>
    withFactor(async () => {
      expect(await as('workspaceOwner', { session_id: undefined }, workspaces)).toEqual([{ id: acme }])
    }))
})

describe('sessions', () => {
  test('are listed, and ended at once', async () => {
    const list = 'select public.my_sessions() as sessions'
    const [listed] = (await as('workspaceOwner', {}, list)) as { sessions: { id: string; is_current: boolean }[] }[]
    expect(listed?.sessions).toMatchObject([{ user_agent: 'Firefox' }, { user_agent: 'Firefox' }])
    expect(listed?.sessions.filter((one) => one.is_current)).toMatchObject([{ id: session }])
    expect(await as('workspaceOwner', {}, `select public.end_session('${session}')`, workspaces)).toEqual([])
    expect(await as('workspaceOwner', {}, `select public.end_session('${other}')`, workspaces)).toHaveLength(1)
  })

  test('of somebody else are neither seen nor ended', async () => {
    const claims = { session_id: undefined }
    const list = `select public.end_session('${session}')`
    expect(await as('workspaceAdmin', claims, list, 'select public.my_sessions() as s')).toEqual([{ s: [] }])
    expect(await as('workspaceOwner', {}, workspaces)).toHaveLength(1)
  })
})

describe('leaving the platform', () => {
  const none = { session_id: undefined }
  const leave = (email: string) => `select public.leave_platform('${email}')`

  test('needs the mail address of the account', async () => {
    expect(await as('workspaceMember', none, leave('x@test.invalid'))).toBe('not_confirmed PT422')
  })

  test('is refused to the only owner of a workspace with others, which is named', async () => {
    expect(await as('workspaceOwner', none, leave('workspaceOwner@test.invalid'))).toBe('last_owner PT409')
  })

  test('leaves what others use, and deletes what nobody else is in', async () => {
    await client.query('begin')
    const claims = { sub: idOf('otherTenant'), role: 'authenticated' }
    await query('insert into workspace_members values ($1, $2, $3)', [acme, idOf('otherTenant'), 'member'])
    await query(`insert into api_keys (user_id, name, prefix, key_hash, scopes)
      values ('${idOf('otherTenant')}', 'k', 'ppk_GGGGGGGG', sha256('g'), '{admin}')`)
    await query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
    await query(leave('OtherTenant@test.invalid'))
    expect(await query('select 1 from workspaces where id = $1', [globex])).toEqual([])
    expect(await query('select 1 from workspaces where id = $1', [acme])).toHaveLength(1)
    expect(await query('select 1 from workspace_members where user_id = $1', [idOf('otherTenant')])).toEqual([])
    expect(await query(`select revoked_at from api_keys where prefix = 'ppk_GGGGGGGG'`)).not.toEqual([
      { revoked_at: null },
    ])
    await query('delete from auth.users where id = $1', [idOf('otherTenant')])
    await client.query('rollback')
  })
})

describe('an invitation', () => {
  const read = (token: string) => `select public.read_invitation(encode(sha256('${token}'), 'hex')) as offer`
  test('says who offers what, to whoever has its link', async () => {
    await query('update workspace_invitations set invited_by = $1', [idOf('workspaceAdmin')])
    expect(await as('otherTenant', { session_id: undefined }, read('token'))).toMatchObject([
      {
        offer: {
          workspace: 'Acme',
          inviter: 'Workspaceadmin',
          role: 'member',
          email: 'new@test.invalid',
          is_member: false,
        },
      },
    ])
  })
  test('of another token is not found', async () => {
    expect(await as('otherTenant', { session_id: undefined }, read('guess'))).toBe('invitation_not_found PT404')
  })
})
