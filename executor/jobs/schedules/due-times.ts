/** Computes which times of a schedule are due, and its next time. */
import { Cron } from 'croner'
import type { DueSchedule } from '../../platform/due-schedules.ts'

/** A time that passed longer ago than this was missed, because no worker started its run. */
const GRACE_MS = 60_000
/** At most this many missed times are made up for, the latest ones. Nobody wants a run for every minute of a year. */
const MOST_MISSED = 100

export interface DueTimes {
  due: Date[]
  /** Null when there is none. */
  next: Date | null
}

/**
 * `schedule.next_at` is due at `now` or was missed; `schedule.missed` says whether missed times are made up for. Throws
 * `NoTimesError` when the expression or the time zone is not valid. croner finds some errors only when it computes a time.
 */
export function dueTimes(schedule: DueSchedule, now: Date): DueTimes {
  try {
    return timesOf(schedule, now)
  } catch (error) {
    throw new NoTimesError('The expression or the time zone of the schedule is not valid', { cause: error })
  }
}

export class NoTimesError extends Error {}

function timesOf(schedule: DueSchedule, now: Date): DueTimes {
  const cron = new Cron(schedule.cron, { timezone: schedule.time_zone, mode: '5-part' })
  const first = new Date(schedule.next_at)
  const passed = [first, ...timesBetween(cron, first, now)]
  return { due: chosen(passed, schedule.missed, now), next: cron.nextRun(now) }
}

function timesBetween(cron: Cron, after: Date, until: Date): Date[] {
  const latest = cron.previousRuns(MOST_MISSED, new Date(until.getTime() + 1)).filter((time) => time > after)
  return latest.sort((a, b) => a.getTime() - b.getTime())
}

function chosen(passed: Date[], missed: DueSchedule['missed'], now: Date): Date[] {
  const isOnTime = (time: Date) => now.getTime() - time.getTime() <= GRACE_MS
  if (missed === 'all') return passed.slice(-MOST_MISSED)
  if (missed === 'once') return passed.slice(-1)
  return passed.filter(isOnTime)
}
