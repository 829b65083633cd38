/**
 * Protects: junk harms nobody. PostgREST accepts what the API's schemas refuse, so each command is called with wrong
 * values of every kind. It must refuse them or accept only harmless ones. Afterwards all runs, schedules and the audit
 * log still work.
 */
import type pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './own-database.ts'
import { acme, idOf, personas, populate, rows } from './people.ts'

const { client } = await ownDatabase()

beforeAll(async () => {
  await populate(client)
  await client.query(`insert into storage.objects (bucket_id, name) values ('attachments', $1)`, [attachments[0]!.path])
})

const persona_id = personas.open
const workspace_id = acme
const { run: run_id, approval: approval_id, conversation: conversation_id } = rows('closed')
const sealed = { ciphertext: 'AA==', nonce: 'AA==', key_id: 'k' }

const definition = {
  name: 'P',
  description: 'd',
  icon: 'user-round',
  color: 'primary',
  visibility: 'workspace',
  agent_id: 'office-worker',
  instructions: 'Work.',
  model: { primary: 'default', fallbacks: [], temperature: 1, max_output_tokens: 100 },
  limits: { max_seconds: 100, cost_per_day: 1.5, calls_per_day: 10, max_parallel_runs: null },
  allowed_hosts: ['example.com'],
  note: 'n',
}
const condition = { argument: 'to', operator: 'domain_in', value: ['a.test'] }
const schedule = {
  name: 's',
  cron: '0 9 * * *',
  time_zone: 'Europe/Berlin',
  input: 'work',
  missed: 'once',
  approved_in_advance: [{ tool: 'do_nothing', conditions: [condition] }],
  is_paused: false,
  next_at: '2099-01-01T09:00:00Z',
}
const webhook = {
  direction: 'out',
  name: 'w',
  persona_id,
  url: 'https://x.invalid/in',
  scheme: 'standard',
  events: ['run.completed'],
  input_template: '{{json}}',
  is_enabled: true,
  secret: sealed,
}
const attachments = [{ name: 'a', path: `${acme}/${persona_id}/a.txt`, content_type: 'text/plain', size: 1 }]

/** Every command with more arguments than ids, with arguments that it accepts. */
const commands: Record<string, Record<string, unknown>> = {
  update_profile: { display_name: 'N', notify_by_mail: true },
  create_workspace: { name: 'W' },
  update_workspace: {
    workspace_id,
    changes: {
      name: 'Acme',
      limits: { cost_per_day: 5, parallel_runs: 100, runs_per_minute: 1000 },
      settings: { time_zone: 'UTC' },
    },
  },
  set_member_role: { workspace_id, user_id: idOf('workspaceViewer'), role: 'viewer' },
  invite_member: { workspace_id, email: 'x@test.invalid', role: 'member', token_hash: '0'.repeat(64) },
  accept_invitation: { token_hash: '0'.repeat(64) },
  create_persona: { workspace_id, definition },
  update_persona: { persona_id, changes: { ...definition, status: 'active' } },
  restore_persona_version: { persona_id, number: 1 },
  share_persona: { persona_id, user_id: idOf('workspaceMember'), role: 'user' },
  set_persona_tool: {
    persona_id,
    tool_name: 'do_nothing',
    settings: {
      is_enabled: true,
      policy: 'ask',
      conditions: [{ ...condition, policy: 'allow' }],
      granted_secrets: ['API_KEY'],
    },
  },
  search_tools: { persona_id, query: 'nothing', max_results: 5 },
  create_run: { persona_id, input: 'work', attachments, lane: 'normal' },
  decide: { approval_id, decision: 'approve', answer: 'a', edited: {}, arguments_hash: 'h' },
  check_audit_chain: { workspace_id, restart: true },
  repeat_run: { run_id, idempotency_key: 'k' },
  save_secret: { workspace_id, name: 'NAME', ...sealed },
  save_provider: {
    workspace_id,
    definition: { name: 'p', base_url: 'http://x', models: ['m'], is_default: false, api_key: sealed },
  },
  test_provider: { workspace_id, definition: { name: 'p', base_url: 'http://x', model: 'm', api_key: sealed } },
  save_price: { workspace_id, model: 'm', input_per_million: 0.5, output_per_million: 2 },
  save_schedule: { persona_id, definition: schedule },
  save_webhook_endpoint: { workspace_id, definition: webhook },
  send_message: { run_id: rows('open').run, input: 'more', attachments },
  retry_turn: { run_id, input: 'again' },
  update_conversation: { conversation_id, changes: { title: 't', archived: true } },
  fork_run: { run_id, segment: -1, changes: { input: 'i', model: { primary: 'm' } }, effects: 'ledger' },
}

const junk: unknown[] = [
  null,
  '',
  ' ',
  'abc',
  -1,
  1.5,
  1e30,
  true,
  [],
  {},
  [null],
  { x: 1 },
  [[]],
  [{}],
  'x'.repeat(2e5),
]

/** Copies of `value`, each with `wrong` in one place. */
function* spoiled(value: unknown, wrong: unknown): Generator<unknown> {
  yield wrong
  if (Array.isArray(value))
    for (const [n, item] of value.entries()) for (const bad of spoiled(item, wrong)) yield value.with(n, bad)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      for (const bad of spoiled(item, wrong)) yield { ...value, [key]: bad }
    yield { ...value, 'no such key': wrong }
  }
}

/** The SQLSTATE with which a call is refused, or 'done'. */
async function call(name: string, args: Record<string, unknown>, types: Record<string, string>): Promise<string> {
  await client.query(`select set_config('request.jwt.claims', $1, false)`, [
    JSON.stringify({ sub: idOf('workspaceOwner'), role: 'authenticated' }),
  ])
  const names = Object.keys(args)
  const values = names.map((key) => (types[key] === 'jsonb' ? JSON.stringify(args[key]) : args[key]))
  const sql = `select ${name}(${names.map((key, n) => `${key} => $${n + 1}::${types[key]}`).join(', ')})`
  await client.query('set role authenticated')
  try {
    await client.query(sql, values)
    return 'done'
  } catch (error) {
    return `${(error as pg.DatabaseError).code} ${(error as Error).message}`
  } finally {
    await client.query('reset role')
  }
}

async function typesOf(name: string): Promise<Record<string, string>> {
  const { rows } = await client.query(
    `select unnest(proargnames) as name, unnest(proargtypes::oid[])::regtype::text as type
     from pg_proc where pronamespace = 'public'::regnamespace and proname = $1`,
    [name],
  )
  return Object.fromEntries(rows.map((row) => [row.name, row.type]))
}

/** Values that a type accepts. PostgREST or the cast refuses all others before they reach the command. */
const fitsType = (value: unknown, type = '') =>
  value === null ||
  type === 'jsonb' ||
  (type === 'text' && typeof value === 'string') ||
  (type === 'boolean' && typeof value === 'boolean') ||
  (type === 'numeric' && typeof value === 'number') ||
  (type === 'integer' && Number.isInteger(value) && Math.abs(value as number) < 2 ** 31)

describe.each(Object.entries(commands))('%s', (name, args) => {
  test('takes what is right', async () => {
    const expected = name === 'accept_invitation' ? /^PT404 / : /^done$/ // a token that belongs to nobody
    expect(await call(name, args, await typesOf(name))).toMatch(expected)
  })

  test('refuses junk of every kind, in every place, with a stable code', async () => {
    const types = await typesOf(name)
    const wrong = new Set<string>()
    for (const [key, value] of Object.entries(args)) {
      for (const bad of junk.flatMap((one) => [...spoiled(value, one)])) {
        if (!fitsType(bad, types[key])) continue
        const result = await call(name, { ...args, [key]: bad }, types)
        if (!/^(done|PT4\d\d )/.test(result)) wrong.add(`${key}: ${JSON.stringify(bad)?.slice(0, 200)}: ${result}`)
      }
      // clients send JSON null for a missing value
      if (types[key] === 'jsonb') {
        const answer = await call(name, { ...args, [key]: null }, types)
        if (key !== 'edited') expect(answer).toMatch(/^PT422 /)
      }
    }
    expect([...wrong]).toEqual([])
  })
})

test.each([
  ['update_workspace', { workspace_id, changes: null }],
  ['create_persona', { workspace_id, definition: null }],
  ['update_persona', { persona_id, changes: null }],
  ['set_persona_tool', { persona_id, tool_name: 'do_nothing', settings: null }],
  ['save_schedule', { persona_id, definition: null }],
  ['save_provider', { workspace_id, definition: null }],
  ['test_provider', { workspace_id, definition: null }],
  ['save_webhook_endpoint', { workspace_id, definition: null }],
  ['create_run', { persona_id, input: 'work', attachments: null }],
  ['send_message', { run_id, input: 'more', attachments: null }],
  ['update_conversation', { conversation_id, changes: null }],
  ['fork_run', { run_id, segment: 0, changes: null }],
])('%s refuses SQL null with 422, not only JSON null', async (name, args) => {
  const params = Object.entries(args).map(([key, value]) => `${key} => ${value === null ? 'null' : `'${value}'`}`)
  const refused = client.query(`select ${name}(${params.join(', ')})`)
  await expect(refused).rejects.toMatchObject({ code: 'PT422', hint: 'invalid_input' })
})

test.each([
  [{ time_zone: 'Mars/X' }],
  [{ cron: '* * * * * *' }],
  [{ cron: 'whenever' }],
  [{ next_at: '2020-01-01T00:00:00Z' }],
  [{ next_at: '2026-02-31T00:00:00Z' }],
])('a schedule is not saved with %j', async (change) => {
  const args = { persona_id, definition: { ...schedule, ...change } }
  expect(await call('save_schedule', args, await typesOf('save_schedule'))).toMatch(/^PT422 /)
})

test('accepted values break nothing: runs start, and claims, the sweep, schedules and the audit log work', async () => {
  await client.query(`update schedules set next_at = now() - interval '1 s', is_paused = false, time_zone = time_zone`)
  const { rows: due } = await client.query('select platform.due_schedules(1000) as due')
  for (const one of due[0].due) {
    await client.query('select platform.fire_schedule($1, $2, $3, $4)', [
      one.id,
      one.next_at,
      JSON.stringify([one.next_at]),
      '2099-01-01T00:00:00Z',
    ])
  }
  const { rows: all } = await client.query(`select id, created_by from personas where status = 'active'`)
  for (const persona of all) {
    await client.query(`select platform.start_run($1, $2, 'person', 'work')`, [persona.id, idOf('workspaceOwner')])
  }
  const { rows: claims } = await client.query(`select jsonb_array_length(platform.claim_runs('w', 10000, 60)) as n`)
  expect(claims[0].n).toBeGreaterThanOrEqual(all.length)
  await client.query(`select platform.claim_tools('w', 10000, 60)`)
  await client.query('select platform.sweep(0)')
  await client.query('select platform.seal_audit(100000)')
  expect((await client.query('select from platform.audit_queue')).rowCount).toBe(0)
})
