/**
 * Protects: a due time starts exactly one run, however many executors look, and only while its creator may start runs.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { acme, owner, type Platform, startPlatform } from '../runs/support/platform.ts'

const globexOwner = '00000000-0000-4000-8000-000000000005'
const hank = '20000000-0000-4000-8000-000000000003'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  await Promise.all([1, 2, 3].map(() => platform.startExecutor()))
})
afterAll(() => platform?.close())

async function save(userId: string, personaId: string, definition: object): Promise<string> {
  const { id } = await platform.asUser<{ id: string }>(userId, 'save_schedule(persona_id => $1, definition => $2)', [
    personaId,
    JSON.stringify({ name: 'Every minute', cron: '* * * * *', input: 'Do it.', ...definition }),
  ])
  return id
}

/** Creates a schedule that was due a second ago, or at `next_at`. */
async function schedule(
  personaId: string,
  { next_at = ago(1), ...change }: { next_at?: string; [field: string]: unknown } = {},
): Promise<string> {
  const id = await save(owner, personaId, { ...change, next_at: ago(-3600) })
  await platform.query('update schedules set next_at = $1 where id = $2', [next_at, id])
  return id
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

const runsOf = (scheduleId: string) =>
  platform.query<{ id: string; due_at: Date | null; source: string; created_by: string }>(
    'select id, due_at, source, created_by from runs where schedule_id = $1 order by due_at',
    [scheduleId],
  )

/** Waits until the executors have moved the schedule to a future time. Returns that time. */
async function moved(scheduleId: string): Promise<Date> {
  await expect
    .poll(
      async () => {
        const [row] = await platform.query<{ is_future: boolean }>(
          'select next_at > now() as is_future from schedules where id = $1',
          [scheduleId],
        )
        return row?.is_future
      },
      { timeout: 10_000 },
    )
    .toBe(true)
  const [row] = await platform.query<{ next_at: Date }>('select next_at from schedules where id = $1', [scheduleId])
  return row!.next_at
}

it('starts one run for a due time although three executors look for it', async () => {
  const persona = await platform.persona([{ text: 'Done.' }])
  const id = await schedule(persona.id)
  const next = await moved(id)
  expect(next.getTime()).toBeLessThanOrEqual(Date.now() + 60_000)
  const runs = await runsOf(id)
  expect(runs).toMatchObject([{ source: 'schedule', created_by: owner }])
  expect(await platform.ended(runs[0]!.id)).toMatchObject({ status: 'completed' })
})

it.each([
  ['skip', 0],
  ['once', 1],
  ['all', 3],
])('after downtime, missed times by policy: %s', async (missed, expected) => {
  const persona = await platform.persona([{ text: 'Done.' }])
  const now = new Date()
  const hour = (now.getUTCHours() + 20) % 24 // four hours ago, so that no time falls into this minute
  const daysAgo = new Date(now)
  daysAgo.setUTCHours(hour, 0, 0, 0)
  while (now.getTime() - daysAgo.getTime() < 2 * 86_400_000) daysAgo.setUTCDate(daysAgo.getUTCDate() - 1)
  const id = await schedule(persona.id, { cron: `0 ${hour} * * *`, missed, next_at: daysAgo.toISOString() })
  await moved(id)
  expect(await runsOf(id)).toHaveLength(expected)
})

it('starts no run while paused, except one when a person asks to run it now', async () => {
  const persona = await platform.persona([{ text: 'Done.' }])
  const id = await schedule(persona.id, { is_paused: true })
  await platform.asUser(owner, 'run_schedule_now(schedule_id => $1)', [id])
  await moved(await schedule(persona.id)) // by then the executors have looked at what is due
  expect(await runsOf(id)).toMatchObject([{ due_at: null, source: 'schedule' }])
})

it('pauses itself with an alert when its creator has left', async () => {
  const member = '00000000-0000-4000-8000-000000000003'
  const persona = await platform.persona([{ text: 'Done.' }])
  const id = await schedule(persona.id, { next_at: new Date(Date.now() + 3_600_000).toISOString() })
  await platform.query('update schedules set created_by = $1 where id = $2', [member, id])
  await platform.asUser(owner, 'remove_member(workspace_id => $1, user_id => $2)', [acme, member])
  await platform.query("update schedules set next_at = now() - interval '1 s' where id = $1", [id])
  await expect
    .poll(async () => (await platform.query('select is_paused from schedules where id = $1', [id]))[0])
    .toEqual({ is_paused: true })
  expect(await runsOf(id)).toEqual([])
  const alerts = await platform.query(
    "select kind from alerts where persona_id = $1 and kind = 'schedule_without_owner'",
    [persona.id],
  )
  expect(alerts).toHaveLength(1)
})

it('runs a call that was approved in advance, and asks when an argument does not fit', async () => {
  // an effect that does nothing outside, because only the policy is tested here
  await platform.query(`update tools set effect = 'effect' where name = 'write_file'`)
  const write = (path: string) => ({
    tool_calls: [{ name: 'write_file', arguments: { path, content: 'x' } }],
  })
  const approved = [{ tool: 'write_file', conditions: [{ argument: 'path', operator: 'contains', value: 'report' }] }]
  const outcome = async (path: string) => {
    const persona = await platform.persona([write(path), { text: 'Done.' }])
    const id = await schedule(persona.id, { approved_in_advance: approved })
    await moved(id)
    const [run] = await runsOf(id)
    return platform.until(run!.id, (row) => row.status === 'completed' || row.waiting_for === 'approval')
  }
  expect(await outcome('report.txt')).toMatchObject({ status: 'completed' })
  expect(await outcome('other.txt')).toMatchObject({ status: 'waiting', waiting_for: 'approval' })
})

describe('a schedule that cannot fire', () => {
  // a row that bypassed the functions that check
  const broken = [
    ['a time zone that is none', "update schedules set time_zone = 'Mars/X' where id = $1", 'schedule_invalid'],
    ['an hour that is none', "update schedules set cron = '0 99 * * *' where id = $1", 'schedule_invalid'],
    [
      'a persona whose limits are junk',
      `update persona_versions set limits = '{"max_seconds": "x"}' where persona_id = (select persona_id from schedules where id = $1)`,
      'schedule_failed',
    ],
  ] as const
  it.each(broken)('with %s is paused with an alert, and holds up no other tenant', async (_, spoil, kind) => {
    await platform.query(`alter table persona_versions drop constraint if exists persona_versions_limits_check`)
    const persona = await platform.persona([{ text: 'Done.' }])
    const bad = await schedule(persona.id, { next_at: ago(-3600) })
    await platform.query(spoil, [bad])
    const good = await save(globexOwner, hank, { next_at: ago(-3600) })
    await platform.query('update schedules set next_at = $1 where id = $2', [ago(600), bad])
    await platform.query('update schedules set next_at = $1 where id = $2', [ago(1), good])

    await moved(good)
    expect(await runsOf(good)).toHaveLength(1)
    const isPaused = async () => (await platform.query('select is_paused from schedules where id = $1', [bad]))[0]
    await expect.poll(isPaused).toEqual({ is_paused: true })
    expect(await platform.query('select kind from alerts where persona_id = $1', [persona.id])).toEqual([{ kind }])
    await platform.query('delete from schedules where id = any ($1)', [[bad, good]])
  })
})
