/** Starts the runs of schedules when they are due. Every executor does this; the database lets each time fire once. */
import type { Logger } from 'pino'
import type { Query } from '../../../contracts/database-handle.ts'
import { crashPoint } from '../../engine/crash-points.ts'
import type { RepeatedJob } from '../../engine/job.ts'
import { type DueSchedule, dueSchedules } from '../../platform/due-schedules.ts'
import { fireSchedule } from '../../platform/fire-schedule.ts'
import { pauseSchedule } from '../../platform/pause-schedule.ts'
import { dueTimes, NoTimesError } from './due-times.ts'

const EVERY_MS = 1_000
const BATCH = 50

/** `onRuns` is called when runs were started. */
export function schedulesJob(query: Query, onRuns: () => void, log: Logger): RepeatedJob {
  return {
    name: 'schedules',
    every: EVERY_MS,
    async run() {
      const schedules = await dueSchedules(query, BATCH)
      let started = 0
      for (const schedule of schedules) started += await fireAlone(query, schedule, log)
      if (started > 0) onRuns()
      return started > 0 && schedules.length === BATCH ? 'again' : undefined
    },
  }
}

/** Schedules belong to different people, so an error in one must not stop the others. Returns the number of started runs. */
async function fireAlone(query: Query, schedule: DueSchedule, log: Logger): Promise<number> {
  try {
    const times = dueTimes(schedule, new Date())
    crashPoint('schedule.before_fire')
    const { fired, skipped } = await fireSchedule(query, schedule, times.due, times.next)
    crashPoint('schedule.after_fire')
    if (fired + skipped > 0) log.info({ schedule_id: schedule.id, fired, skipped }, 'schedule fired')
    return fired
  } catch (error) {
    log.warn({ err: error, schedule_id: schedule.id }, 'a schedule could not fire')
    if (error instanceof NoTimesError) await pause(query, schedule, log)
    return 0
  }
}

async function pause(query: Query, schedule: DueSchedule, log: Logger): Promise<void> {
  await pauseSchedule(query, schedule, 'schedule_invalid', 'its times or its time zone are not valid.').catch((error) =>
    log.warn({ err: error, schedule_id: schedule.id }, 'a schedule could not be paused'),
  )
}
