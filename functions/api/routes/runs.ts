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
import { writeCursor } from '../../_shared/data/cursor.ts'
import { ask } from '../../_shared/data/database.ts'
import { body, created, createRouter, ok, security } from '../../_shared/http/router.ts'
import { filteredRuns } from '../../commands/find-runs.ts'
import { readRun } from '../../commands/read-run.ts'
import { runAgain, startRun } from '../../commands/start-run.ts'

const tags = ['runs']
const params = z.object({ id: Id })
const headers = z.object({ 'idempotency-key': IdempotencyKey.optional() })

const startedOrKnown = { ...created(RunResponse).responses, ...ok(RunResponse).responses }

export const runs = createRouter()
  .openapi(
    createRoute({
      method: 'post',
      path: '/runs',
      tags,
      summary: 'Start a run; a repeated Idempotency-Key returns the first run with status 200 instead of 201',
      request: { headers, ...body(CreateRunRequest) },
      security,
      responses: startedOrKnown,
    }),
    async (c) => {
      const key = c.req.valid('header')['idempotency-key']
      const { run, created } = await startRun(c.get('db'), c.req.valid('json'), key)
      return c.json({ run }, created ? 201 : 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/runs',
      tags,
      summary: 'List the runs of the personas that I may see, newest first',
      request: { query: RunsQuery },
      ...ok(RunsResponse),
    }),
    async (c) => {
      const { limit, ...filter } = c.req.valid('query')
      const query = filteredRuns(c.get('db'), filter).limit(limit + 1)
      const rows = await ask(query)
      const last = rows.length > limit ? rows[limit - 1] : undefined
      const next_cursor = last ? writeCursor(last) : null
      return c.json(RunsResponse.parse({ runs: rows.slice(0, limit), next_cursor }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/runs/{id}',
      tags,
      summary: 'Read a run with its steps, and its files with links for one hour; the audit log records it',
      request: { params },
      ...ok(RunDetailsResponse),
    }),
    async (c) => {
      return c.json(await readRun(c.get('db'), c.get('config'), c.req.valid('param').id), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/runs/{id}/cancel',
      tags,
      summary: 'Cancel a run in any state',
      request: { params },
      ...ok(RunResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const run = await ask(c.get('db').rpc('cancel_run', { run_id: id }))
      return c.json(RunResponse.parse({ run }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/runs/{id}/again',
      tags,
      summary: 'Start the work of a run again, with the current version of the persona',
      request: { params, headers },
      security,
      responses: startedOrKnown,
    }),
    async (c) => {
      const key = c.req.valid('header')['idempotency-key']
      const { run, created } = await runAgain(c.get('db'), c.req.valid('param').id, key)
      return c.json({ run }, created ? 201 : 200)
    },
  )
