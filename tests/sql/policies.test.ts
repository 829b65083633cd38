/** Protects: rules on a call's arguments. One harmless value among several does not let a call run without approval. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, idOf, personas, populate } from './people.ts'

const { client } = await ownDatabase()

beforeAll(() => populate(client))

type Policy = 'allow' | 'ask' | 'deny'
interface Condition {
  argument: string
  operator: string
  value: string | string[]
}

/** What a policy with this one condition decides about a call of an effect. Without the condition, such calls ask. */
async function decided(policy: Policy, condition: Condition, args: object): Promise<Policy> {
  const tool = { effect: 'effect' }
  const row = { policy: policy === 'ask' ? 'allow' : 'ask', conditions: [{ ...condition, policy }] }
  const { rows } = await client.query(
    `select platform.policy_for(
      jsonb_populate_record(null::public.tools, $1), jsonb_populate_record(null::public.persona_tools, $2), $3) as policy`,
    [JSON.stringify(tool), JSON.stringify(row), JSON.stringify(args)],
  )
  return rows[0].policy
}

async function isApprovedInAdvance(conditions: Condition[], args: object): Promise<boolean> {
  await client.query('begin')
  try {
    const { rows } = await client.query(
      `insert into schedules (workspace_id, persona_id, name, cron, input, approved_in_advance, created_by)
       values ($1, $2, 'x', '0 0 * * *', 'x', $3, $4) returning id`,
      [acme, personas.open, JSON.stringify([{ tool: 'send_email', conditions }]), idOf('workspaceOwner')],
    )
    const run = JSON.stringify({ schedule_id: rows[0].id })
    const answer = await client.query(
      `select platform.approved_in_advance(jsonb_populate_record(null::public.runs, $1), 'send_email', $2) as is_approved`,
      [run, JSON.stringify(args)],
    )
    return answer.rows[0].is_approved
  } finally {
    await client.query('rollback')
  }
}

const inside = { argument: 'to', operator: 'domain_in', value: ['acme.test', '@Example.com'] }
const outside = { ...inside, operator: 'domain_not_in' }
const boss = 'boss@acme.test'
const evil = 'evil@bad.test'

describe('addresses', () => {
  test.each([
    { to: [boss], isInside: true },
    { to: boss, isInside: true },
    { to: ['Boss <BOSS@ACME.test>', 'ada@example.com'], isInside: true },
    { to: [boss, evil], isInside: false },
    { to: [evil, boss], isInside: false },
    { to: `${boss}, ${evil}`, isInside: false },
    { to: `${boss} <${evil}>`, isInside: false },
    { to: `"${boss}"@bad.test`, isInside: false },
    { to: [boss, 'evil@ bad.test'], isInside: false },
    { to: [boss, 'no address'], isInside: false },
    { to: [{ name: boss, address: evil }], isInside: false },
    { to: 'boss@acme.test.bad.test', isInside: false },
  ])('$to are all in the domains: $isInside', async ({ to, isInside }) => {
    expect(await decided('allow', inside, { to })).toBe(isInside ? 'allow' : 'ask')
    expect(await decided('ask', outside, { to })).toBe(isInside ? 'allow' : 'ask')
    expect(await isApprovedInAdvance([inside], { to })).toBe(isInside)
  })

  test('of a forbidden domain are denied, even among others', async () => {
    const forbidden = { ...inside, value: 'bad.test' }
    expect(await decided('deny', forbidden, { to: [boss, evil] })).toBe('deny')
    expect(await decided('deny', forbidden, { to: [boss] })).toBe('ask')
    expect(await isApprovedInAdvance([{ ...forbidden, operator: 'domain_not_in' }], { to: [boss, evil] })).toBe(false)
    expect(await isApprovedInAdvance([{ ...forbidden, operator: 'domain_not_in' }], { to: [boss] })).toBe(true)
  })

  test('that are not there fit nothing', async () => {
    for (const args of [{}, { to: null }, { to: [] }]) {
      expect(await decided('allow', inside, args)).toBe('ask')
      expect(await decided('ask', outside, args)).toBe('allow')
      expect(await isApprovedInAdvance([inside], args)).toBe(false)
      expect(await isApprovedInAdvance([outside], args)).toBe(false)
    }
  })
})

describe('`recipients`', () => {
  test.each([{ to: [boss] }, { to: [boss], cc: [] }, { to: boss, cc: ['ada@example.com'], bcc: [boss] }])(
    'are all of %j',
    async (args) => {
      expect(await decided('allow', { ...inside, argument: 'recipients' }, args)).toBe('allow')
    },
  )

  test.each([
    { to: [boss], cc: [evil] },
    { to: [boss], bcc: evil },
    { to: [evil], recipients: [boss] },
    { to: [boss], recipients: [evil] },
  ])('hide nobody in %j', async (args) => {
    expect(await decided('allow', { ...inside, argument: 'recipients' }, args)).toBe('ask')
    expect(await decided('ask', { ...outside, argument: 'recipients' }, args)).toBe('ask')
    expect(await isApprovedInAdvance([{ ...inside, argument: 'recipients' }], args)).toBe(false)
  })
})

describe('lists', () => {
  const paths = ['reports/may.pdf', 'secret.txt']
  test.each([
    ['equals', ['reports/may.pdf']],
    ['contains', 'reports/'],
    ['not_equals', 'secret.txt'],
  ])('are allowed by %s only if all values match, but denied or asked about if one does', async (operator, value) => {
    const condition = { argument: 'paths', operator, value }
    expect(await decided('allow', condition, { paths })).toBe('ask')
    expect(await decided('allow', condition, { paths: paths.slice(0, 1) })).toBe('allow')
    expect(await decided('deny', condition, { paths })).toBe('deny')
    expect(await decided('ask', condition, { paths })).toBe('ask')
    expect(await isApprovedInAdvance([condition], { paths })).toBe(false)
    expect(await isApprovedInAdvance([condition], { paths: paths.slice(0, 1) })).toBe(true)
  })
})
