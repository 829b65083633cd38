/** Starts the runs of schedules when they are due. Every executor does this; the database lets each time fire once. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import { crashPoint } from '../crash-points.ts'
import { dueSchedules } from '../queries/due-schedules.ts'
import { fireSchedule } from '../queries/fire-schedule.ts'
import { repeat } from '../repeat.ts'
import { dueTimes } from './due-times.ts'

const LOOK_EVERY_MS = 1_000
const BATCH = 50

/** `onRuns` is called when runs were started. */
export function startSchedules(query: Query, onRuns: () => void, log: Logger): { stop(): Promise<void> } {
  return repeat(
    'schedules',
    async () => {
      const schedules = await dueSchedules(query, BATCH)
      for (const schedule of schedules) {
        const { due, next } = dueTimes(schedule, new Date())
        crashPoint('schedule.before_fire')
        const { fired, skipped } = await fireSchedule(query, schedule, due, next)
        crashPoint('schedule.after_fire')
        if (fired > 0) onRuns()
        if (fired + skipped > 0) log.info({ schedule_id: schedule.id, fired, skipped }, 'schedule fired')
      }
      return schedules.length === BATCH ? 0 : LOOK_EVERY_MS
    },
    log,
  )
}
