/** Schedules: they start runs of a persona at set times. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  CreateScheduleRequest,
  Id,
  PreviewScheduleRequest,
  PreviewScheduleResponse,
  RunResponse,
  Schedule,
  ScheduleResponse,
  SchedulesResponse,
  UpdateScheduleRequest,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { requirePersona } from '../../_shared/access/guards.ts'
import { ask, find, tell } from '../../_shared/data/database.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'
import { nextTimes } from '../cron.ts'

const tags = ['schedules']
const params = z.object({ id: Id })
const SHOWN_TIMES = 3
const PREVIEWED_TIMES = 5
const columns = columnsOf('schedules', Schedule.omit({ next_times: true }))

interface Row {
  cron: string
  time_zone: string
  is_paused: boolean
}

const withTimes = <R extends Row>(row: R) => ({ ...row, next_times: row.is_paused ? [] : shownTimes(row) })

/** Empty for an invalid schedule that was not saved through the API, so that it does not break the whole list. */
function shownTimes({ cron, time_zone }: Row): string[] {
  try {
    return nextTimes(cron, time_zone, SHOWN_TIMES)
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}

/** Empty if the times do not change, because computing `next_at` again could lose a time that is due right now. */
function nextAt(old: Row, changes: Partial<Row>): { next_at?: string } {
  const { cron, time_zone } = { ...old, ...changes }
  const resumes = old.is_paused && changes.is_paused === false
  if (cron === old.cron && time_zone === old.time_zone && !resumes) return {}
  return { next_at: nextTimes(cron, time_zone, 1)[0] }
}

export const schedules = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas/{id}/schedules',
      tags,
      summary: 'List the schedules of a persona, with their next times',
      request: { params },
      ...ok(SchedulesResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const db = c.get('db')
      const [rows] = await Promise.all([
        ask(db.from('schedules').select(columns).eq('persona_id', id).order('created_at').order('id')),
        requirePersona(db, id),
      ])
      return c.json(SchedulesResponse.parse({ schedules: rows.map(withTimes) }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/personas/{id}/schedules',
      tags,
      summary: 'Create a schedule, whose runs belong to me; only editors may approve calls in advance',
      request: { params, ...body(CreateScheduleRequest) },
      ...created(ScheduleResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { time_zone = 'UTC', ...wanted } = c.req.valid('json')
      const [next_at] = nextTimes(wanted.cron, time_zone, 1)
      const definition = { ...wanted, time_zone, next_at }
      const row = await ask(c.get('db').rpc('save_schedule', { persona_id: id, definition }))
      return c.json(ScheduleResponse.parse({ schedule: withTimes(row) }), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'patch',
      path: '/schedules/{id}',
      tags,
      summary: 'Change, pause or resume a schedule; its runs then belong to me',
      request: { params, ...body(UpdateScheduleRequest) },
      ...ok(ScheduleResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const changes = c.req.valid('json')
      const db = c.get('db')
      const old = await find(db.from('schedules').select(columns).eq('id', id).maybeSingle())
      if (!old) throw new Problem('schedule_not_found')
      const definition = { ...changes, ...nextAt(old, changes) }
      const row = await ask(db.rpc('save_schedule', { persona_id: old.persona_id, definition, schedule_id: id }))
      return c.json(ScheduleResponse.parse({ schedule: withTimes(row) }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/schedules/{id}',
      tags,
      summary: 'Delete a schedule; its runs stay',
      request: { params },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('delete_schedule', { schedule_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/schedules/{id}/run',
      tags,
      summary: 'Start a run of the schedule now, in addition to its set times',
      request: { params },
      ...created(RunResponse),
    }),
    async (c) => {
      const run = await ask(c.get('db').rpc('run_schedule_now', { schedule_id: c.req.valid('param').id }))
      return c.json(RunResponse.parse({ run }), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/schedules/preview',
      tags,
      summary: 'Show the next times of a cron expression, or what is wrong with it; saves nothing',
      request: body(PreviewScheduleRequest),
      ...ok(PreviewScheduleResponse),
    }),
    async (c) => {
      const { cron, time_zone } = c.req.valid('json')
      return c.json({ next_times: nextTimes(cron, time_zone, PREVIEWED_TIMES) }, 200)
    },
  )
