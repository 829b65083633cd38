/** Forks: new runs that continue from a step of another run. */
import { createRoute, z } from '@hono/zod-openapi'
import { CheckpointsResponse, ForkRunRequest, Id, RunResponse } from '../../../contracts/api.ts'
import { ask } from '../../_shared/data/database.ts'
import { body, created, createRouter, ok } from '../../_shared/http/router.ts'

const tags = ['runs']
const params = z.object({ id: Id })

export const forks = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/runs/{id}/checkpoints',
      tags,
      summary: 'List the segments that a fork of the run can start after',
      request: { params },
      ...ok(CheckpointsResponse),
    }),
    async (c) => {
      const checkpoints = await ask(c.get('db').rpc('run_checkpoints', { run_id: c.req.valid('param').id }))
      return c.json(CheckpointsResponse.parse({ checkpoints }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/runs/{id}/fork',
      tags,
      summary: 'Start a new run from a step of this run, with another input, model or version',
      request: { params, ...body(ForkRunRequest) },
      ...created(RunResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { segment, effects, ...changes } = c.req.valid('json')
      const run = await ask(c.get('db').rpc('fork_run', { run_id: id, segment, changes, effects }))
      return c.json(RunResponse.parse({ run }), 201)
    },
  )
