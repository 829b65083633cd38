import type { Query } from '../../contracts/database-handle.ts'
import { call, toJson } from './call.ts'
import type { DueSchedule } from './due-schedules.ts'

/** Starts a run for each due time and moves the schedule on. Does nothing if another executor was faster. */
export function fireSchedule(
  query: Query,
  schedule: DueSchedule,
  due: Date[],
  next: Date | null,
): Promise<{ fired: number; skipped: number }> {
  const sql = 'select platform.fire_schedule(schedule_id => $1, seen => $2, due_times => $3, next_at => $4) as result'
  return call(query, sql, [schedule.id, schedule.next_at, toJson(due), next?.toISOString() ?? null])
}
