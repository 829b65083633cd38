import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

export interface DueSchedule {
  id: string
  cron: string
  time_zone: string
  /** ISO 8601; in the past. */
  next_at: string
  missed: 'skip' | 'once' | 'all'
}

/** Schedules whose next time has come, the longest due first. */
export function dueSchedules(query: Query, maxSchedules: number): Promise<DueSchedule[]> {
  return call(query, 'select platform.due_schedules(max_schedules => $1) as result', [maxSchedules])
}
