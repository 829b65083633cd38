/** Protects: the audit log as admins read it. Filters and pages leave nothing out, and a broken chain is named. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, idOf, personas, populate, rows } from './people.ts'

const { client } = await ownDatabase()
const owner = idOf('workspaceOwner')

beforeAll(async () => {
  await populate(client)
  await client.query(`alter table audit_events disable trigger all; delete from audit_events;
    delete from platform.audit_heads; delete from platform.audit_queue; alter table audit_events enable trigger all`)
  const events: [string, string, string | null, string, object, string | null][] = [
    ['2026-11-01T10:00:00Z', 'person', owner, 'workspace.created', { name: 'Acme' }, null],
    ['2026-11-02T10:00:00Z', 'person', owner, 'run.created', { source: 'person' }, personas.open],
    ['2026-11-02T10:00:01Z', 'persona', personas.open, 'model.called', { model: 'Large', cost: 0.1 }, personas.open],
    ['2026-11-02T10:00:02Z', 'persona', personas.open, 'tool.started', { tool: 'send_email' }, personas.open],
    ['2026-11-03T10:00:00Z', 'system', null, 'run.completed', { reason: 'done' }, personas.closed],
  ]
  for (const [at, type, actor, action, data, persona] of events) {
    await client.query(
      `insert into platform.audit_queue (at, workspace_id, actor_type, actor_id, action, data, persona_id, run_id)
       values ($1, '${acme}', $2, $3, $4, $5, $6, '${rows('open').run}')`,
      [at, type, actor, action, data, persona],
    )
  }
  await client.query('select platform.seal_audit()')
  await client.query(`select set_config('request.jwt.claims', $1, false)`, [JSON.stringify({ sub: owner })])
})

interface Page {
  events: { seq: number; action: string; actor_name: string | null; persona_name: string | null }[]
  next: number | null
}
async function activity(filter: Record<string, unknown> = {}): Promise<Page> {
  const names = Object.keys(filter)
  const given = names.map((name, n) => `, ${name} => $${n + 1}`).join('')
  const { rows: told } = await client.query(`select activity('${acme}'${given}) as page`, Object.values(filter))
  return told[0].page
}
const seqs = (page: Page) => page.events.map(({ seq }) => seq)

test('the newest event is first, with the names of who did it and of the persona', async () => {
  const page = await activity()
  expect(seqs(page)).toEqual([5, 4, 3, 2, 1])
  expect(page.next).toBeNull()
  expect(page.events[3]).toMatchObject({ actor_name: 'Workspaceowner', persona_name: 'open', run_id: rows('open').run })
  expect(page.events[1]).toMatchObject({ actor_type: 'persona', actor_name: 'open', data: { tool: 'send_email' } })
  expect(page.events[0]).toMatchObject({ actor_name: null, is_erased: false })
})

test.each([
  [{ kind: 'run' }, [5, 2]],
  [{ actor_id: owner }, [2, 1]],
  [{ persona_id: personas.open }, [4, 3, 2]],
  [{ since: '2026-11-02T10:00:01Z', until: '2026-11-03T10:00:00Z' }, [4, 3]],
  [{ words: 'SEND_email' }, [4]],
  [{ words: 'large' }, [3]],
  [{ words: '%' }, []],
  [{ kind: 'tool', words: 'large' }, []],
])('with %j it shows %j', async (filter, expected) => expect(seqs(await activity(filter))).toEqual(expected))

test('pages follow each other without a gap or a double', async () => {
  const first = await activity({ max_rows: 2 })
  const second = await activity({ max_rows: 2, before: first.next })
  const third = await activity({ max_rows: 2, before: second.next })
  expect([first, second, third].map(seqs)).toEqual([[5, 4], [3, 2], [1]])
  expect(third.next).toBeNull()
})

describe('the chain', () => {
  const check = async (restart = true) =>
    (await client.query(`select check_audit_chain('${acme}', $1) as chain`, [restart])).rows[0].chain
  /** Tries a change that somebody with the rights of the database's owner could make, and rolls it back. */
  async function tampered(sql: string) {
    await client.query(`begin; alter table audit_events disable trigger all; ${sql}`)
    const { check: found } = await check()
    await client.query('rollback')
    return found
  }

  test('was not checked at first; a check says how far, and when', async () => {
    await client.query(`delete from platform.audit_checks`)
    const { rows: told } = await client.query(`select audit_chain('${acme}') as chain`)
    expect(told[0].chain).toMatchObject({ events: 5, signed_events: 0, signed_at: null, check: null })
    const chain = await check()
    expect(chain.check).toMatchObject({ events: 5, is_complete: true, broken_seq: null, why: null })
    expect(chain.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  test('is told to be signed as far as a statement goes', async () => {
    const heads = JSON.stringify({ heads: [{ workspace_id: acme, seq: 4, hash: '00' }] })
    await client.query('begin')
    await client.query(`select platform.save_audit_statement(77, $1, '')`, [heads])
    const { rows: told } = await client.query(`select audit_chain('${acme}') as chain`)
    await client.query('rollback')
    expect(told[0].chain).toMatchObject({ events: 5, signed_events: 4, signed_at: expect.any(String) })
  })

  test.each([
    ['content', `update audit_events set data = '{"n": 9}' where seq = 3`, 3, 'its content was changed'],
    ['who did it', `update audit_events set actor_id = null where seq = 2`, 2, 'it was changed'],
    ['a row cut out', `delete from audit_events where seq = 3`, 4, 'the event before it is missing'],
    ['the end cut off', `delete from audit_events where seq > 3`, 4, 'events up to 5 are missing'],
    [
      'a silent erasure',
      `update audit_events set data = '{}', content_salt = null, erased_at = now() where seq = 3`,
      3,
      'its content was erased, and no event says so',
    ],
    ['a hash', `update audit_events set hash = sha256('x') where seq = 5`, 5, 'it was changed'],
  ])('names a change of %s', async (_what, sql, broken_seq, why) =>
    expect(await tampered(sql)).toMatchObject({ is_complete: true, broken_seq, why }),
  )

  test('holds when content was erased as it should be', async () => {
    await client.query('begin')
    await client.query(`select erase_audit_content(of_person => '${owner}')`)
    await client.query('select platform.seal_audit()')
    const chain = await check()
    await client.query('rollback')
    expect(chain.check).toMatchObject({ is_complete: true, broken_seq: null, events: chain.events })
    expect(chain.events).toBeGreaterThan(5)
  })
})
