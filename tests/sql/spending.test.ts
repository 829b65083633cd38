/** Protects: what people read about money. Figures are exact, count what the caps count, and show no persona to strangers. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, idOf, type Person, personas, populate, rows } from './people.ts'

const NOW = '2026-11-23T00:30:00Z'
const { client } = await ownDatabase()

beforeAll(async () => {
  await populate(client)
  await client.query(`select set_config('platform.now', '${NOW}', false)`)
  await client.query('delete from llm_calls; delete from platform.spend')
  await client.query(`update workspaces set limits = '{"cost_per_day": 1, "calls_per_month": 50}' where id = '${acme}'`)
  const calls: [keyof typeof personas, string, string, string, number][] = [
    ['open', 'large', '2026-11-23T00:10:00Z', '0.100001', 100],
    ['open', 'small', '2026-11-23T00:00:00Z', '0.000001', 10],
    ['open', 'large', '2026-11-22T23:59:59.999Z', '0.200000', 20],
    ['open', 'large', '2026-10-31T23:59:59.999Z', '5', 1],
    ['closed', 'large', '2026-11-01T00:00:00Z', '0.300000', 30],
  ]
  for (const [persona, model, at, cost, tokens] of calls) {
    await client.query(
      `insert into llm_calls (run_id, workspace_id, persona_id, segment, provider, model, status, reserved_cost, cost,
         input_tokens, output_tokens, trace_id, created_at)
       values ($1, '${acme}', $2, 0, 'p', $3, 'succeeded', 0, $4, $5, 1, 't', $6)`,
      [rows(persona).run, personas[persona], model, cost, tokens, at],
    )
  }
})

/** The answer as text in JSON, so that amounts are compared digit by digit. */
async function ask(person: Person, call: string): Promise<string> {
  await client.query('begin')
  try {
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ sub: idOf(person) })])
    await client.query('set local role authenticated')
    return (await client.query(`select (${call})::text as told`)).rows[0].told
  } finally {
    await client.query('rollback')
  }
}
const spendingFor = async (person: Person) => JSON.parse(await ask(person, `workspace_spending('${acme}')`))

describe('the spending of a workspace', () => {
  test('counts today and this month in UTC, with the caps', async () => {
    const { workspace, today, currency, has_first_limits } = await spendingFor('workspaceOwner')
    expect({ today, currency, has_first_limits }).toEqual({
      today: '2026-11-23',
      currency: 'EUR',
      has_first_limits: false,
    })
    expect(workspace).toEqual({
      day: { cost: 0.100002, reserved: 0, calls: 2, max_cost: 1, max_calls: null },
      month: { cost: 0.600002, reserved: 0, calls: 4, max_cost: null, max_calls: 50 },
    })
    expect(await ask('workspaceOwner', `workspace_spending('${acme}') #> '{workspace,month,cost}'`)).toBe('0.600002')
  })

  test('by persona, by model and by day, the dearest first', async () => {
    const { by_persona, by_model, by_day } = await spendingFor('workspaceOwner')
    expect(by_persona).toMatchObject([
      { name: 'open', today_cost: 0.100002, today_calls: 2, month_cost: 0.300002, month_calls: 3, input_tokens: 130 },
      { name: 'closed', today_cost: 0, today_calls: 0, month_cost: 0.3, month_calls: 1, output_tokens: 1 },
    ])
    expect(by_model).toMatchObject([
      { provider: 'p', model: 'large', today_cost: 0.100001, month_cost: 0.600001, month_calls: 3 },
      { provider: 'p', model: 'small', today_cost: 0.000001, month_cost: 0.000001, month_calls: 1 },
    ])
    expect(by_day).toEqual([
      { day: '2026-11-01', cost: 0.3, calls: 1 },
      { day: '2026-11-22', cost: 0.2, calls: 1 },
      { day: '2026-11-23', cost: 0.100002, calls: 2 },
    ])
  })

  test('shows a member the total that the caps count, and only the personas that they may see', async () => {
    const { workspace, by_persona, by_model } = await spendingFor('workspaceMember')
    expect(workspace.month.cost).toBe(0.600002)
    expect(by_persona.map(({ name }: { name: string }) => name)).toEqual(['open'])
    expect(by_model[0].month_cost).toBe(0.300001)
  })

  test('is empty, not null, before the first call', async () => {
    await client.query('begin')
    await client.query('delete from llm_calls')
    const { rows: told } = await client.query(
      `select set_config('request.jwt.claims', $1, true), workspace_spending('${acme}') as spending`,
      [JSON.stringify({ sub: idOf('workspaceOwner') })],
    )
    await client.query('rollback')
    expect(told[0].spending).toMatchObject({
      by_persona: [],
      by_model: [],
      by_day: [],
      workspace: { day: { cost: 0 } },
    })
  })
})

test('the spending of a persona has its own caps and those of its workspace', async () => {
  await client.query(
    `update persona_versions set limits = '{"cost_per_month": 3}' where id = '${rows('open').version}'`,
  )
  const told = JSON.parse(await ask('workspaceViewer', `persona_spending('${personas.open}')`))
  expect(told.persona.month).toEqual({ cost: 0.300002, reserved: 0, calls: 3, max_cost: 3, max_calls: null })
  expect(told.workspace.day).toMatchObject({ cost: 0.100002, max_cost: 1 })
  expect(told.by_model).toHaveLength(2)
  expect(told).not.toHaveProperty('by_persona')
})

test('a workspace begins with a cap on money', async () => {
  const limits = await ask('workspaceMember', `(select limits from create_workspace('New'))`)
  expect(JSON.parse(limits)).toEqual({ cost_per_day: 10, cost_per_month: 100 })
})

describe('prices', () => {
  const costOf = async (workspace: string | null, model: string) =>
    (await client.query('select cost::text from platform.cost_of($1, $2, 1000000, 0)', [workspace, model])).rows[0].cost

  test("a workspace's own price goes before the operator's, for itself only", async () => {
    await client.query('begin')
    const set = (model: string, amount: number, workspace: string | null) =>
      client.query(
        `insert into model_prices (model, input_per_million, output_per_million, source, workspace_id)
         values ($1, $2, 0, 'test', $3) on conflict (model, workspace_id) do update set input_per_million = $2`,
        [model, amount, workspace],
      )
    expect(await costOf(acme, 'new'), 'unknown: the dear one').toMatch(/^10\./)
    await set('*', 7, acme)
    expect(await costOf(acme, 'new')).toMatch(/^7\./)
    await set('new', 5, null)
    expect(await costOf(acme, 'new'), "the operator's for this model before the own one for all others").toMatch(/^5\./)
    await set('new', 0.25, acme)
    expect(await costOf(acme, 'new')).toMatch(/^0\.25/)
    expect(await costOf(personas.open, 'new'), 'another workspace').toMatch(/^5\./)
    await client.query('rollback')
  })

  test('of a workspace are seen by its members only', async () => {
    const seen = (person: Person) => ask(person, `select count(*) from model_prices where model = 'own-model'`)
    expect([await seen('workspaceViewer'), await seen('otherTenant')]).toEqual(['1', '0'])
  })

  test('a change is in the audit log', async () => {
    await client.query('begin')
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [
      JSON.stringify({ sub: idOf('workspaceAdmin') }),
    ])
    await client.query(`select save_price('m', 1.5, 2, '${acme}'), delete_price('m', '${acme}')`)
    const { rows: events } = await client.query(
      `select action, actor_id, data from platform.audit_queue where action like 'price.%' order by queue_id`,
    )
    await client.query('rollback')
    const actor_id = idOf('workspaceAdmin')
    expect(events).toMatchObject([
      { action: 'price.saved', actor_id, data: { model: 'm', input_per_million: 1.5, currency: 'EUR' } },
      { action: 'price.deleted', actor_id, data: { model: 'm' } },
    ])
  })
})
