/**
 * A tool for tests: an effect on an external system (tests/chaos/world.ts), which can later be asked whether it
 * happened.
 */
import { z } from 'zod'
import { defineTool } from '../../../contracts/tool.ts'

const world = () => process.env.WORLD_URL ?? ''

export const bookRoom = defineTool({
  name: 'book_room',
  description: 'For tests: books a room in the external world, once.',
  group: 'test',
  effect: 'effect',
  runs: 'executor',
  timeoutSeconds: 10,
  input: z.object({
    /** What the look-up does: it asks the external system, cannot tell, or fails. */
    lookup: z.enum(['works', 'cannot_tell', 'fails']).default('works'),
  }),
  output: z.object({ booked: z.string(), looked_up: z.boolean() }),
  examples: [],
  async run(ctx) {
    const headers = { 'x-call': ctx.idempotencyKey }
    const response = await fetch(`${world()}/form`, { method: 'POST', headers, signal: ctx.signal })
    if (!response.ok) throw new Error(`The world answered ${response.status}.`)
    return { booked: ctx.idempotencyKey, looked_up: false }
  },
  async reconcile(ctx, { lookup }) {
    if (lookup === 'cannot_tell') return { happened: 'unknown' }
    if (lookup === 'fails') throw new Error('The world does not answer.')
    const response = await fetch(`${world()}/sent/${ctx.idempotencyKey}`, { signal: ctx.signal })
    if (response.status === 404) return { happened: 'no' }
    return { happened: 'yes', output: { booked: ctx.idempotencyKey, looked_up: true } }
  },
})
