/** Protects: an ended session is refused at once, and a deleted account leaves a log that can be verified and does not name it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenChains } from '../support/audit-log.ts'
import { type Api, startApi } from './support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

test('an ended session can do nothing more, while the person’s other sessions go on', async () => {
  const person = await api.person()
  await person.api.workspaces.create('Mine')
  const other = api.instance.client()
  await other.auth.signInWithPassword({ email: person.email, password: 'correct-horse' })
  expect((await other.from('workspaces').select('id')).data).toHaveLength(1)
  const ended = (await person.api.account.sessions()).find((session) => !session.is_current)
  await person.api.account.endSession(ended?.id ?? '')
  expect((await other.from('workspaces').select('id')).data).toEqual([])
  expect((await other.auth.refreshSession()).error).not.toBeNull()
  expect(await person.api.workspaces.list()).toHaveLength(1)
})

test('the only owner of a workspace with others is told its name, and stays', async () => {
  const { owner } = api.people
  const refused = await owner.call('DELETE', `/me?confirm_email=${encodeURIComponent(owner.email)}`)
  expect(refused).toMatchObject({ status: 409, body: { error: { code: 'last_owner' } } })
  expect(refused.body.error.message).toContain('Acme')
  expect((await owner.call('GET', '/me')).status).toBe(200)
})

test('a deleted account is gone from Auth and from the log, whose chains still fit', async () => {
  const { query } = api.instance.database
  const { owner } = api.people
  const guest = await api.person()
  const { token } = await owner.api.workspaces.invite(api.workspaceId, { email: guest.email, role: 'viewer' })
  await guest.api.workspaces.acceptInvitation(token)
  await guest.api.workspaces.create('Alone')
  await guest.api.account.remove(guest.email)

  const { error } = await api.instance
    .client()
    .auth.signInWithPassword({ email: guest.email, password: 'correct-horse' })
  expect(error?.code).toBe('invalid_credentials')
  await query('select platform.seal_whole_queue()')
  const named = await query(`select action from public.audit_events where strpos(data::text, $1) > 0`, [guest.email])
  expect(named).toEqual([])
  expect(await query(`select 1 from public.workspaces where name = 'Alone'`)).toEqual([])
  const members = await owner.api.workspaces.members(api.workspaceId)
  expect(members.map(({ user_id }) => user_id)).not.toContain(guest.id)
  expect(await brokenChains(query)).toEqual([])
})
