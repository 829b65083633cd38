/** A schedule as its form has it. Pure. */
import type { ApprovedCall, CreateScheduleRequest, MissedTimes, Schedule } from '#contracts/api'
import { cronOf, type When, whenOf } from './rhythm.ts'

export interface ScheduleForm {
  name: string
  input: string
  when: When
  timeZone: string
  missed: MissedTimes
  approved: ApprovedCall[]
}

export function formOf(schedule: Schedule | null, timeZone: string): ScheduleForm {
  return {
    name: schedule?.name ?? '',
    input: schedule?.input ?? '',
    when: whenOf(schedule?.cron ?? '0 9 * * 1-5'),
    timeZone: schedule?.time_zone ?? timeZone,
    missed: schedule?.missed ?? 'once',
    approved: (schedule?.approved_in_advance ?? []).map(({ tool, conditions }) => ({
      tool,
      conditions: conditions.map((condition) => ({ ...condition })),
    })),
  }
}

/** Approvals are sent by editors only: nobody else may set them. */
export function requestOf(form: ScheduleForm, canEdit: boolean): CreateScheduleRequest {
  return {
    name: form.name.trim(),
    input: form.input.trim(),
    cron: cronOf(form.when),
    time_zone: form.timeZone,
    missed: form.missed,
    ...(canEdit ? { approved_in_advance: form.approved } : {}),
  }
}
