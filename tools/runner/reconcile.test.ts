/** Protects: a look-up runs the tool's `reconcile` and never its `run`, and its result is checked like any other. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool, type Reconciled } from '../../contracts/tool.ts'
import { runCall } from './call.ts'

const request = {
  type: 'call' as const,
  id: 'call-1',
  tool: 'book',
  input: { room: 'A' },
  secrets: {},
  idempotency_key: 'key-1',
  trace_id: 'trace-1',
  deadline_ms: 10_000,
  reconcile: true,
}
const host = {
  progress: () => {},
  print: () => {},
  log: () => {},
  service: () => Promise.reject(new Error('no service is needed')),
}

const lookUp = async (reconcile?: (key: string, room: string) => Reconciled<string>) => {
  const tool = defineTool({
    name: 'book',
    description: 'For tests.',
    group: 'test',
    effect: 'effect',
    runs: 'sandbox',
    input: z.object({ room: z.string() }),
    output: z.string().max(20),
    examples: [],
    run: () => Promise.reject(new Error('the effect must not happen again')),
    ...(reconcile && { reconcile: async (ctx, { room }) => reconcile(ctx.idempotencyKey, room) }),
  })
  return (await runCall(tool, request, '/nowhere', new AbortController().signal, host)).output
}

test('the tool looks by the key and the input of the call', async () => {
  const found = await lookUp((key, room) => ({ happened: 'yes', output: `${key} in ${room}` }))
  expect(found).toEqual({ happened: 'yes', output: 'key-1 in A' })
})

test('what has not happened is said as such', async () => {
  expect(await lookUp(() => ({ happened: 'no' }))).toEqual({ happened: 'no' })
})

test('of a tool that cannot look it is unknown', async () => {
  expect(await lookUp()).toEqual({ happened: 'unknown' })
})

test('a result that is not of the tool is refused', async () => {
  await expect(lookUp(() => ({ happened: 'yes', output: 'x'.repeat(21) }))).rejects.toMatchObject({
    code: 'invalid_output',
  })
})
