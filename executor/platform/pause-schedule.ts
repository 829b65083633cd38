import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'
import type { DueSchedule } from './due-schedules.ts'

/** Pauses a schedule that cannot fire, and raises an alert of that kind. Does nothing if it was changed meanwhile. */
export function pauseSchedule(query: Query, schedule: DueSchedule, kind: string, message: string): Promise<void> {
  const sql = 'select platform.pause_schedule(schedule_id => $1, seen => $2, kind => $3, message => $4) as result'
  return call(query, sql, [schedule.id, schedule.next_at, kind, message])
}
