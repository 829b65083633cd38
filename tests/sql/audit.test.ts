/**
 * Protects: the audit log. Verification finds and names what somebody has changed, removed or computed again without the
 * platform. It trusts nothing that the database computes. Content can still be erased.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Query } from '../../contracts/database-handle.ts'
import { signAuditJob } from '../../executor/jobs/audit/sign-audit.ts'
import { auditPublicKey, type SignedStatement } from '../../executor/jobs/audit/statement.ts'
import { verifyChains } from '../../scripts/audit/verify-chains.ts'
import { verifyStatements } from '../../scripts/audit/verify-statements.ts'
import { auditLogBySql } from '../support/audit-log.ts'
import { ownDatabase } from './own-database.ts'

const workspace = '10000000-0000-4000-8000-00000000000a'
const person = '00000000-0000-4000-8000-00000000000a'
const { client, url } = await ownDatabase()
const query = (async (sql: string, params?: unknown[]) => (await client.query(sql, params)).rows) as Query
const log = auditLogBySql(query)

const key = randomBytes(32).toString('base64')
let published: SignedStatement[] = []
const publish = async (statement: SignedStatement) => {
  published.push(statement)
}
const sign = (encryptionKey = key) =>
  signAuditJob({ query, encryptionKey, publish, log: pino({ level: 'silent' }) }).run()

const data = [
  { n: 1 },
  { n: 2.5, cost: 1e-7, big: 12_345_678_901_234 },
  { text: 'ü "quoted" \\ \u2028 \u0001 😀', list: [null, true, []] },
  { bb: 1, a: { z: 0, y: -0.1 } },
  { email: 'Ann@Example.test' },
]

beforeEach(async () => {
  published = []
  await client.query(
    `alter table audit_events disable trigger all; delete from audit_events; delete from platform.audit_heads;
     delete from audit_statements; alter table audit_events enable trigger all`,
  )
  for (const [index, one] of data.entries()) {
    await client.query(
      `insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, trace_id, run_id, at)
       values ($1, 'system', $2, 'test.event', $3, $4, $5, $6)`,
      [
        workspace,
        index === 1 ? person : null,
        JSON.stringify(one),
        index === 2 ? 'a "trace" \t' : null,
        index === 3 ? randomUUID() : null,
        ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', '2026-06-30T23:59:59.12Z', '2026-07-01T12:00:00+05:30'][
          index
        ] ?? '1999-12-31T23:59:59.999999Z',
      ],
    )
  }
  await client.query('select platform.seal_audit()')
})

/** Changes the log as somebody with the rights of the database's owner could. */
const tamper = (sql: string) => client.query(`alter table audit_events disable trigger all; ${sql}`)

async function verify(copies: SignedStatement[] = []) {
  const { signedHeads, problems } = await verifyStatements(log, [auditPublicKey(key)], copies)
  const [chain] = await verifyChains(log, signedHeads)
  return { ...chain!, problems }
}

/** Rewrites the row, and computes all hashes after it and the head again with the database's own functions. */
const rewrite = (seq: number) => `
  update audit_events set data = '{"n": 9}', content_hash = platform.audit_content_hash(content_salt, '{"n": 9}') where seq = ${seq};
  do $$
  declare e record;
  begin
    for e in select * from audit_events where seq >= ${seq} order by seq loop
      update audit_events a set
        prev_hash = coalesce((select hash from audit_events b where b.seq = e.seq - 1), decode(repeat('00', 32), 'hex'))
      where a.seq = e.seq;
      update audit_events a set hash = sha256(a.prev_hash || platform.audit_bytes(a)) where a.seq = e.seq;
    end loop;
    update platform.audit_heads set hash = (select hash from audit_events order by seq desc limit 1);
  end $$;`

test('a chain that nobody touched is whole', async () => {
  expect(await verify()).toEqual({
    workspace_id: workspace,
    events: 5,
    erased: 0,
    unsigned: { events: 5, since: expect.stringContaining('2026-01-01') },
    problems: [],
  })
})

test('the hashes are the same in every time zone of the session', async () => {
  await client.query("set time zone 'Asia/Kathmandu'")
  expect((await verify()).broken).toBeUndefined()
  await client.query('reset time zone')
})

test.each([
  ['changed content', `update audit_events set data = '{"n": 9}' where seq = 3`, 3],
  ['a changed actor', `update audit_events set actor_type = 'person' where seq = 1`, 1],
  ['a changed time', `update audit_events set at = at + interval '1 microsecond' where seq = 2`, 2],
  ['a row cut out', 'delete from audit_events where seq = 2', 3],
  ['rows cut off the end', 'delete from audit_events where seq >= 4', 4],
  ['the whole chain gone', 'delete from audit_events', 1],
  ['a chain without a head', 'delete from platform.audit_heads', 1],
  [
    'rows after the head',
    'update platform.audit_heads set seq = 3, hash = (select hash from audit_events where seq = 3)',
    4,
  ],
  ['a head of another chain', `update platform.audit_heads set hash = sha256('x')`, 5],
  ['a row that was hashed anew', `update audit_events set data = '{}', hash = sha256('x') where seq = 2`, 2],
])('%s is named', async (_what, sql, broken) => {
  await tamper(sql)
  expect((await verify()).broken?.seq).toBe(broken)
})

describe('against the owner of the database', () => {
  test('signed heads match a chain that nobody changed, also after it has grown', async () => {
    await sign()
    await client.query(`select platform.audit('${workspace}', 'system', null, 'test.event'), platform.seal_audit()`)
    expect(await verify(published)).toMatchObject({ unsigned: { events: 1 }, problems: [] })
    await sign()
    await sign() // nothing new: no statement
    expect(published.map(({ n }) => n)).toEqual([1, 2])
    const report = await verify(published)
    expect(report).toEqual({ workspace_id: workspace, events: 6, erased: 0, problems: [] })
  })

  test('a row rewritten with all hashes after it, and the head, is named', async () => {
    await sign()
    await tamper(rewrite(2))
    expect((await verify()).broken).toEqual({
      seq: 5,
      why: expect.stringContaining('differs from the one that was signed'),
    })
  })

  test('a chain removed together with its head is named', async () => {
    await sign()
    await tamper('delete from audit_events; delete from platform.audit_heads')
    expect((await verify()).broken?.seq).toBe(1)
  })

  test('heads that somebody else signed are not trusted', async () => {
    await tamper(rewrite(2))
    await sign(randomBytes(32).toString('base64'))
    expect((await verify()).problems).toEqual([expect.stringContaining('not trusted')])
    await client.query(`update audit_statements set statement = replace(statement, $1, $2)`, [
      JSON.parse(published[0]!.statement).key,
      auditPublicKey(key),
    ])
    expect((await verify()).problems).toEqual(['statement 1: its signature is wrong'])
  })

  test('copies outside reveal signed heads that were removed or made again', async () => {
    await sign()
    const kept = [...published]
    await tamper(`${rewrite(2)} delete from audit_statements; update platform.audit_heads set signed_seq = 0`)
    expect((await verify(kept)).problems).toEqual(['copy of statement 1: the database lacks it'])
    await sign() // an honest worker signs what it finds
    expect((await verify()).broken, 'without the copies nothing is seen').toBeUndefined()
    expect((await verify(kept)).problems).toEqual([
      expect.stringContaining('copy of statement 1: another hash was signed for event 5'),
      'copy of statement 1: the database has another statement in its place',
    ])
  })

  test('statements that were cut out are named', async () => {
    await sign()
    await client.query(`select platform.audit('${workspace}', 'system', null, 'test.event'), platform.seal_audit()`)
    await sign()
    await client.query('delete from audit_statements where n = 1')
    expect((await verify()).problems).toEqual(['statement 2: the statement before it is missing'])
  })

  test('a statement that could not be written outside is written outside later', async () => {
    const failing = async () => {
      throw new Error('The disk is full.')
    }
    const job = signAuditJob({ query, encryptionKey: key, publish: failing, log: pino({ level: 'silent' }) })
    await expect(job.run()).rejects.toThrow('The disk is full.')
    await sign()
    expect(published.map(({ n }) => n)).toEqual([1])
  })
})

test.each([
  ['{"email": "e@acme.co"}', true],
  ['{"note": "Write to E@Acme.co."}', true],
  ['{"from": "Eve <e@acme.co>"}', true],
  ['{"email": "alice@acme.com"}', false],
  ['{"email": "e@acme.com"}', false],
  ['{"email": "e@acme.co.uk"}', false],
  ['{"email": "x.e@acme.co"}', false],
  ['{"email": "e@acmexco"}', false],
])('%s contains the address e@acme.co: %s', async (content, contains) => {
  const { rows } = await client.query('select platform.contains_email($1, $2) as found', [content, 'e@acme.co'])
  expect(rows[0].found).toBe(contains)
})

describe('erasing', () => {
  const erase = async (args: string) =>
    Number((await client.query(`select public.erase_audit_content(${args}) as n`)).rows[0].n)

  test('the content of a workspace leaves a chain that can be verified, and verification says how much was erased', async () => {
    await sign()
    expect(await erase(`of_workspace => '${workspace}'`)).toBe(5)
    expect(await erase(`of_workspace => '${workspace}'`), 'once').toBe(0)
    await client.query('select platform.seal_audit()')
    await sign()
    const { rows } = await client.query('select data, content_salt from audit_events where seq <= 5')
    expect(rows).toEqual(Array(5).fill({ data: {}, content_salt: null }))
    expect(await verify(published)).toEqual({ workspace_id: workspace, events: 6, erased: 5, problems: [] })
  })

  test('content by or about a person is removed, the rest stays', async () => {
    await client.query(`insert into auth.users (id, email) values ($1, 'ann@example.test') on conflict do nothing`, [
      person,
    ])
    await client.query(
      `select platform.audit('${workspace}', 'system', null, 'test.event', jsonb_build_object('user_id', '${person}'))`,
    )
    expect(await erase(`of_person => '${person}'`)).toBe(3)
    const { rows } = await client.query(
      `select seq::int from audit_events where erased_at is not null and workspace_id = '${workspace}' order by seq`,
    )
    expect(rows.map(({ seq }) => seq)).toEqual([2, 5, 6])
    const chains = await verifyChains(log)
    expect(chains.filter(({ broken }) => broken)).toEqual([])
    expect(chains.find(({ workspace_id }) => workspace_id === workspace)).toMatchObject({ events: 7, erased: 3 })
  })

  test.each([
    [
      'a row blanked by hand',
      `update audit_events set data = '{}', content_salt = null, erased_at = now() where seq = 2`,
      2,
    ],
    [
      'an erased row whose actor was changed',
      `select public.erase_audit_content(of_workspace => '${workspace}');
       update audit_events set actor_type = 'person' where seq = 3`,
      3,
    ],
  ])('%s is named', async (_what, sql, broken) => {
    await tamper(sql)
    expect((await verify()).broken?.seq).toBe(broken)
  })

  test('requires one of the two, and only erasing may break the append-only rule', async () => {
    await expect(erase('')).rejects.toThrow('Give either a workspace or a person.')
    const refused = /append-only/
    await expect(client.query(`update audit_events set data = '{"n": 2}', erased_at = now()`)).rejects.toThrow(refused)
    await expect(
      client.query(`update audit_events set data = '{}', content_salt = null, erased_at = now(), action = 'x'`),
    ).rejects.toThrow(refused)
  })
})

test('events of the first release, whose hash covers the content itself, are verified and can be erased', async () => {
  await tamper(`
    update audit_events set content_hash = null, content_salt = null;
    do $$
    declare e audit_events; previous bytea := decode(repeat('00', 32), 'hex');
    begin
      for e in select * from audit_events order by seq loop
        e.hash := sha256(previous || convert_to(json_build_array(e.workspace_id, e.seq, e.id, extract(epoch from e.at), e.actor_type,
          e.actor_id, e.action, e.data, e.persona_id, e.run_id, e.trace_id)::text, 'UTF8'));
        update audit_events a set prev_hash = previous, hash = e.hash where a.seq = e.seq;
        previous := e.hash;
      end loop;
      update platform.audit_heads set hash = previous;
    end $$; alter table audit_events enable trigger all`)
  expect((await verify()).broken).toBeUndefined()
  await client.query(`select public.erase_audit_content(of_workspace => '${workspace}')`)
  expect(await verify()).toMatchObject({ events: 6, erased: 5, problems: [] })
  await tamper(`update audit_events set actor_type = 'person' where seq = 6`)
  expect((await verify()).broken?.seq).toBe(6)
})

test('events of several workspaces and sealers give intact chains', async () => {
  const other = workspace.replace('a', 'b')
  const clients = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const one = new pg.Client({ connectionString: url })
      await one.connect()
      return one
    }),
  )
  await Promise.all(
    clients.map(async (one) => {
      for (let n = 0; n < 25; n++) {
        await one.query(`select platform.audit('${n % 2 ? workspace : other}', 'system', null, 'test.event')`)
        await one.query('select platform.seal_audit(7)')
      }
    }),
  )
  await Promise.all(clients.map((one) => one.end()))
  const chains = await verifyChains(log)
  expect(chains.filter(({ broken }) => broken)).toEqual([])
  const mine = chains.filter(({ workspace_id }) => [workspace, other].includes(workspace_id))
  expect(mine.map(({ events }) => events).sort((a, b) => a - b)).toEqual([52, 53])
})
