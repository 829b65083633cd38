/** Protects: each due time fires once, missed times follow the policy, and clock changes do no harm. */
import { describe, expect, test } from 'vitest'
import type { DueSchedule } from '../../platform/due-schedules.ts'
import { dueTimes, NoTimesError } from './due-times.ts'

const schedule = (change: Partial<DueSchedule>): DueSchedule => ({
  id: 's',
  cron: '0 9 * * *',
  time_zone: 'UTC',
  next_at: '2026-06-01T09:00:00Z',
  missed: 'once',
  ...change,
})
const iso = (times: Date[]) => times.map((time) => time.toISOString())

test('a time that has just passed is due, and the next one is planned', () => {
  for (const missed of ['skip', 'once', 'all'] as const) {
    const { due, next } = dueTimes(schedule({ missed }), new Date('2026-06-01T09:00:03Z'))
    expect(iso(due)).toEqual(['2026-06-01T09:00:00.000Z'])
    expect(next?.toISOString()).toBe('2026-06-02T09:00:00.000Z')
  }
})

describe('after three days of downtime', () => {
  const now = new Date('2026-06-03T12:00:00Z')
  test.each([
    ['skip', []],
    ['once', ['2026-06-03T09:00:00.000Z']],
    ['all', ['2026-06-01T09:00:00.000Z', '2026-06-02T09:00:00.000Z', '2026-06-03T09:00:00.000Z']],
  ] as const)('%s', (missed, expected) => {
    const { due, next } = dueTimes(schedule({ missed }), now)
    expect(iso(due)).toEqual(expected)
    expect(next?.toISOString()).toBe('2026-06-04T09:00:00.000Z')
  })
})

test('skipping missed times does not skip the time that has just passed', () => {
  const { due } = dueTimes(schedule({ missed: 'skip' }), new Date('2026-06-03T09:00:10Z'))
  expect(iso(due)).toEqual(['2026-06-03T09:00:00.000Z'])
})

test('after a long downtime, only a limited number of times is made up for', () => {
  const { due } = dueTimes(schedule({ cron: '* * * * *', missed: 'all' }), new Date('2026-06-02T09:00:00Z'))
  expect(due).toHaveLength(100)
  expect(due.at(-1)?.toISOString()).toBe('2026-06-02T09:00:00.000Z')
})

describe('in Berlin', () => {
  const berlin = { time_zone: 'Europe/Berlin', cron: '30 2 * * *' }
  test('a time that the clock skips in spring still fires on that day', () => {
    const { next } = dueTimes(
      schedule({ ...berlin, next_at: '2026-03-28T01:30:00Z' }),
      new Date('2026-03-28T01:30:01Z'),
    )
    expect(next?.toISOString().slice(0, 10)).toBe('2026-03-29')
  })
  test('a time in the hour that comes twice in autumn fires once', () => {
    const { due, next } = dueTimes(
      schedule({ ...berlin, missed: 'all', next_at: '2026-10-24T00:30:00Z' }),
      new Date('2026-10-25T12:00:00Z'),
    )
    expect(due).toHaveLength(2)
    expect(next?.toISOString()).toBe('2026-10-26T01:30:00.000Z')
  })
})

test.each([
  { cron: 'whenever' },
  { cron: '99 9 * * *' },
  { cron: '* * * * * *' }, // with seconds
  { time_zone: 'Mars/X' }, // croner finds out only when it is asked for a time
])('%j has no times, and says so', (change) => {
  expect(() => dueTimes(schedule(change), new Date())).toThrow(NoTimesError)
})
