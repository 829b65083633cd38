/** Protects: limits on runs. They hold even for many simultaneous starts, and each error names the limit. */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { acme, idOf, personas, populate, rows } from './people.ts'

let database: TestDatabase
let pool: pg.Pool

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'))
  pool = new pg.Pool({ connectionString: database.url, max: 20 })
  pool.on('error', () => {}) // dropping the database ends idle connections
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await populate(client)
  await client.query('delete from runs')
  await client.end()
})
afterEach(() =>
  pool.query(`delete from runs; update schedules set is_paused = true;
    update persona_versions set limits = '{}'; update workspaces set limits = '{}'`),
)
afterAll(async () => {
  await pool?.end()
  await database?.drop()
})

const limitPersona = (limits: object) => pool.query('update persona_versions set limits = $1', [JSON.stringify(limits)])
const limitWorkspace = (limits: object) =>
  pool.query('update workspaces set limits = $1 where id = $2', [JSON.stringify(limits), acme])

/** 'started', or the code of the refusal. */
async function start(persona: string = personas.open, key: string | null = null): Promise<string> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [
      JSON.stringify({ sub: idOf('workspaceOwner'), role: 'authenticated' }),
    ])
    const { rows } = await client.query('select create_run($1, $2, idempotency_key => $3) as answer', [
      persona,
      'work',
      key,
    ])
    await client.query('commit')
    return rows[0].answer.created ? 'started' : 'known'
  } catch (error) {
    await client.query('rollback')
    return (error as { hint?: string }).hint ?? String(error)
  } finally {
    client.release()
  }
}
const startMany = async (count: number, of: (n: number) => Promise<string> = () => start()) => {
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => of(n)))
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}

test.each([
  ['max_parallel_runs', 'too_many_runs'],
  ['runs_per_hour', 'rate_limited'],
])("the persona's %s holds for twenty simultaneous runs", async (limit, code) => {
  await limitPersona({ [limit]: 3 })
  expect(await startMany(20)).toEqual({ started: 3, [code]: 17 })
  expect((await pool.query('select from runs')).rowCount).toBe(3)
})

test("the workspace's runs_per_minute holds for a person and all personas, for twenty simultaneous runs", async () => {
  await limitWorkspace({ runs_per_minute: 4 })
  const answers = await startMany(20, (n) => start(n % 2 ? personas.open : personas.closed))
  expect(answers).toEqual({ started: 4, rate_limited: 16 })
})

test("the workspace's parallel_runs holds over all its personas, and another's runs do not count", async () => {
  await limitWorkspace({ parallel_runs: 5 })
  const answers = await startMany(20, (n) => start(n % 2 ? personas.open : personas.closed))
  expect(answers).toEqual({ started: 5, too_many_runs: 15 })
  await pool.query(`update runs set status = 'completed', finished_at = now() where id = (select id from runs limit 1)`)
  expect(await start(), 'one has ended').toBe('started')
})

test('a repeated request returns its run, even if that run has reached the limit', async () => {
  await limitPersona({ max_parallel_runs: 1 })
  expect(await startMany(10, () => start(personas.open, 'key'))).toEqual({ started: 1, known: 9 })
})

test('schedules obey the same limits', async () => {
  await limitPersona({ max_parallel_runs: 2 })
  const { schedule } = rows('open')
  await pool.query('update schedules set is_paused = false, next_at = now(), created_by = $2 where id = $1', [
    schedule,
    idOf('workspaceOwner'),
  ])
  const due = [1, 2, 3, 4].map((hour) => `2026-01-01T0${hour}:00:00Z`)
  const fire = pool.query(
    `select platform.fire_schedule(id, next_at, $2, '2099-01-01') as fired from schedules where id = $1`,
    [schedule, JSON.stringify(due)],
  )
  const [fired, answers] = await Promise.all([fire, startMany(10)])
  expect(fired.rows[0].fired.fired + (answers.started ?? 0)).toBe(2)
})

test('a start far from every limit does not wait for others', async () => {
  await limitPersona({ max_parallel_runs: 100_000 })
  await limitWorkspace({ runs_per_minute: 1_000_000 })
  const client = await pool.connect()
  try {
    await client.query(`begin; select set_config('request.jwt.claims', '${JSON.stringify({ sub: idOf('workspaceOwner') })}', true);
      select create_run('${personas.open}', 'not committed yet')`)
    expect(await start()).toBe('started')
  } finally {
    await client.query('rollback')
    client.release()
  }
})
