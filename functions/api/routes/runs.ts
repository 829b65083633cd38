/** Runs: start, follow, stop. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  CreateRunRequest,
  Id,
  IdempotencyKey,
  RunDetailsResponse,
  RunResponse,
  RunsQuery,
  RunsResponse,
} from '../../../contracts/api.ts'
import { beyond, readCursor, writeCursor } from '../../_shared/cursor.ts'
import { ask, find } from '../../_shared/database.ts'
import { Problem } from '../../_shared/problem.ts'
import { body, created, createRouter, ok, security } from '../../_shared/router.ts'
import { artifactsOfRun } from './artifacts.ts'
import { readSteps } from './steps.ts'

const tags = ['runs']
const params = z.object({ id: Id })
const headers = z.object({ 'idempotency-key': IdempotencyKey.optional() })
const summaryColumns =
  'id, workspace_id, persona_id, persona_version_id, status, waiting_for, reason, error, input, cost, source, lane, trace_id, created_by, parent_run_id, created_at, started_at, finished_at'
const runColumns = `${summaryColumns}, output, plan, attachments, model_calls, input_tokens, output_tokens, deadline_at`

const startedOrKnown = { ...created(RunResponse).responses, ...ok(RunResponse).responses }

const createRun = createRoute({
  method: 'post',
  path: '/runs',
  tags,
  summary: 'Give a persona work; 200 instead of 201 when the Idempotency-Key was known',
  request: { headers, ...body(CreateRunRequest) },
  security,
  responses: startedOrKnown,
})

const listRuns = createRoute({
  method: 'get',
  path: '/runs',
  tags,
  summary: 'Runs of the personas that are open to me, newest first',
  request: { query: RunsQuery },
  ...ok(RunsResponse),
})

const getRun = createRoute({
  method: 'get',
  path: '/runs/{id}',
  tags,
  summary: 'One run with its steps, and its files with links that hold for an hour; noted in the audit log',
  request: { params },
  ...ok(RunDetailsResponse),
})

const cancelRun = createRoute({
  method: 'post',
  path: '/runs/{id}/cancel',
  tags,
  summary: 'Stop it, in whatever state it is',
  request: { params },
  ...ok(RunResponse),
})

const runAgain = createRoute({
  method: 'post',
  path: '/runs/{id}/again',
  tags,
  summary: 'The same work once more, with the persona as it is now',
  request: { params, headers },
  security,
  responses: startedOrKnown,
})

/** What `create_run` answers; `created` is false when the key was known. */
const StartedRun = RunResponse.extend({ created: z.boolean() })

export const runs = createRouter()
  .openapi(createRun, async (c) => {
    const idempotency_key = c.req.valid('header')['idempotency-key']
    const answer = await ask(c.get('db').rpc('create_run', { ...c.req.valid('json'), idempotency_key }))
    const { run, created } = StartedRun.parse(answer)
    return c.json({ run }, created ? 201 : 200)
  })
  .openapi(listRuns, async (c) => {
    const { cursor, limit, workspace_id, persona_id, status } = c.req.valid('query')
    let query = c
      .get('db')
      .from('runs')
      .select(summaryColumns)
      .order('created_at', { ascending: false })
      .order('id', { ascending: false })
      .limit(limit + 1)
    if (workspace_id) query = query.eq('workspace_id', workspace_id)
    if (persona_id) query = query.eq('persona_id', persona_id)
    if (status) query = query.eq('status', status)
    if (cursor) {
      const place = readCursor(cursor)
      query = query.lte('created_at', place.created_at).or(beyond(place))
    }
    const rows = await ask(query)
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const next_cursor = last ? writeCursor(last) : null
    return c.json(RunsResponse.parse({ runs: rows.slice(0, limit), next_cursor }), 200)
  })
  .openapi(getRun, async (c) => {
    const { id } = c.req.valid('param')
    const db = c.get('db')
    const [run, steps, artifacts] = await Promise.all([
      find(db.from('runs').select(runColumns).eq('id', id).maybeSingle()),
      readSteps(db, id),
      artifactsOfRun(db, c.get('config'), id),
    ])
    if (!run) throw new Problem('run_not_found')
    return c.json(RunDetailsResponse.parse({ run: { ...run, artifacts }, steps }), 200)
  })
  .openapi(cancelRun, async (c) => {
    const { id } = c.req.valid('param')
    const run = await ask(c.get('db').rpc('cancel_run', { run_id: id }))
    return c.json(RunResponse.parse({ run }), 200)
  })
  .openapi(runAgain, async (c) => {
    const { id } = c.req.valid('param')
    const db = c.get('db')
    const work = await find(db.from('runs').select('persona_id, input, attachments, lane').eq('id', id).maybeSingle())
    if (!work) throw new Problem('run_not_found')
    const answer = await ask(
      db.rpc('create_run', { ...work, idempotency_key: c.req.valid('header')['idempotency-key'] }),
    )
    const { run, created } = StartedRun.parse(answer)
    return c.json({ run }, created ? 201 : 200)
  })
