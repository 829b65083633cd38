/**
 * Protects: an image that a tool shows reaches a model that accepts images; any other model gets its text. No
 * checkpoint contains it.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { defineTool, manifestOf } from '../../contracts/tool.ts'
import { registerTools } from '../../executor/platform/register-tools.ts'
import { ExecutorTools } from '../../executor/tools/executor-tools.ts'
import { acme, log, owner, type Platform, startPlatform } from './support/platform.ts'

/** One red point. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

const takePicture = defineTool({
  name: 'take_picture',
  description: 'For tests: shows a picture.',
  group: 'test',
  effect: 'pure',
  runs: 'executor',
  input: z.object({ data: z.string().default(PNG) }),
  output: z.object({ width: z.number() }),
  examples: [],
  async run(ctx, { data }) {
    const image = Buffer.from(data, 'base64')
    ctx.show({ type: 'text', text: 'Taken at noon.' })
    ctx.show({ type: 'image', data: image, mediaType: 'image/png', alt: 'A red point' })
    return { width: 1 }
  },
})

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  await registerTools(platform.query, [manifestOf(takePicture)])
  const executor = new ExecutorTools({ query: platform.query, log }, async () => takePicture)
  await platform.startExecutor({ toolExecutors: { executor } })
})
afterAll(() => platform?.close())

/** Runs a persona whose model calls the tool. Returns the last request to the model. */
async function runWith({ canSee, input = {} }: { canSee: boolean; input?: object }) {
  const persona = await platform.persona([
    { tool_calls: [{ name: 'take_picture', arguments: { ...input } }] },
    { text: 'I have seen it.' },
  ])
  const provider = `p${persona.id.replaceAll('-', '').slice(-12)}`
  await platform.asUser(owner, 'save_provider($1, $2)', [
    acme,
    JSON.stringify({
      name: provider,
      base_url: platform.modelUrl,
      models: [persona.model],
      vision_models: canSee ? [persona.model] : [],
    }),
  ])
  const runId = await platform.createRun(persona.id)
  expect(await platform.ended(runId)).toMatchObject({ error: null, status: 'completed', output: 'I have seen it.' })
  // biome-ignore lint/suspicious/noExplicitAny: content is a text or a list of parts
  const asked: any[] = (await platform.requests(persona.model)).at(-1)!.messages
  return { runId, asked }
}

it('a model that accepts images gets the image after the result', async () => {
  const { runId, asked } = await runWith({ canSee: true })
  const [call, result, shown] = asked.slice(-3)
  expect([call.role, result.role, shown.role]).toEqual(['assistant', 'tool', 'user'])
  expect(result.content).toBe('{"width":1}')
  expect(shown.content.map(({ type }: { type: string }) => type)).toEqual(['text', 'text', 'text', 'image_url'])
  expect(shown.content.at(-1).image_url.url).toBe(`data:image/png;base64,${PNG}`)
  expect(JSON.stringify(shown.content)).toContain('A red point')

  const [row] = await platform.query<{ parts: { path: string }[] }>('select parts from tool_runs where run_id = $1', [
    runId,
  ])
  expect(row!.parts).toMatchObject([
    { type: 'text', text: 'Taken at noon.' },
    { type: 'image', media_type: 'image/png', alt: 'A red point', path: expect.stringContaining(`${runId}/shown/`) },
  ])
})

it('a model that does not accept images gets the text', async () => {
  const { asked } = await runWith({ canSee: false })
  const shown = asked.at(-1)
  expect(shown.content).toContain('Taken at noon.')
  expect(shown.content).toContain('An image (image/png, 1 KB): A red point')
  expect(JSON.stringify(asked)).not.toContain('image_url')
})

it('the image is in no checkpoint', async () => {
  const { runId } = await runWith({ canSee: true })
  const [{ found }] = (await platform.query<{ found: boolean }>(
    'select bool_or(position($2 in c::text) > 0) as found from platform.checkpoints c where c.run_id = $1',
    [runId, PNG.slice(40, 80)],
  )) as [{ found: boolean }]
  expect(found).toBe(false)
})

it('a file that does not have the image type that it claims is shown to nobody', async () => {
  const data = Buffer.from('<svg onload="alert(1)"/>').toString('base64')
  const { runId, asked } = await runWith({ canSee: true, input: { data } })
  expect(JSON.stringify(asked)).not.toContain('image_url')
  const [row] = await platform.query<{ parts: object[] }>('select parts from tool_runs where run_id = $1', [runId])
  expect(row!.parts[1]).toEqual({ type: 'text', text: '(Not an image of type image/png: A red point)' })
})
