/** Protects: a whole run works on PostgreSQL and PGlite, with both handovers: search, describe, tool, artifact, answer. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openFastHandover } from '../../executor/runs/handover/fast.ts'
import { openPlainHandover } from '../../executor/runs/handover/plain.ts'
import { type Platform, type SeenBody, startPlatform } from './support/platform.ts'

const write = { name: 'write_file', arguments: { path: 'notes/hello.md', content: '# Hello\n', deliver: true } }

describe.each([
  ['PostgreSQL', 'fast'],
  ['PGlite', 'fast'],
  ['PostgreSQL', 'plain'],
])('a run on %s with the %s handover', (kind, handover) => {
  let platform: Platform
  beforeAll(async () => {
    platform = await startPlatform(kind === 'PostgreSQL' ? inject('postgresUrl') : undefined)
    await platform.startExecutor({ openHandover: handover === 'fast' ? openFastHandover : openPlainHandover })
  })
  afterAll(() => platform?.close())

  it('finds a tool, uses it, stores the file that it made, and answers', async () => {
    const persona = await platform.persona([
      {
        text: 'I look for a tool.',
        tool_calls: [
          { name: 'update_plan', arguments: { items: [{ title: 'Write the file', status: 'active' }] } },
          { name: 'tool_search', arguments: { query: 'write a text file' } },
        ],
      },
      { tool_calls: [{ name: 'tool_describe', arguments: { names: ['write_file', 'no_such_tool'] } }] },
      { tool_calls: [write] },
      { text: 'The file notes/hello.md is ready.' },
    ])
    const runId = await platform.createRun(persona.id, 'Write a file that says hello.')
    const run = await platform.ended(runId)
    expect(run).toMatchObject({
      status: 'completed',
      reason: 'done',
      output: 'The file notes/hello.md is ready.',
      segment: 4,
    })
    expect(run.plan).toEqual([{ title: 'Write the file', status: 'active' }])
    expect(run.model_calls).toBe(4)
    expect(Number(run.cost)).toBeGreaterThan(0)

    const steps = await platform.steps(runId)
    expect(steps.map((step) => step.seq)).toEqual(steps.map((_, index) => index + 1))
    expect(steps.map((step) => step.kind)).toEqual([
      'status',
      'status',
      'model',
      'lookup',
      'plan',
      'model',
      'lookup',
      'model',
      'tool', // fast: started with the commit that made it; plain: queued
      'status',
      ...(handover === 'plain' ? ['tool'] : []), // started
      'artifact',
      'tool',
      'status',
      'model',
      'status',
    ])
    expect(steps[3]?.data.found).toContain('write_file')
    expect(steps[6]?.data.found).toEqual(['write_file'])

    const [artifact] = await platform.query<{ path: string; name: string; size: number }>(
      'select path, name, size from artifacts where run_id = $1',
      [runId],
    )
    expect(artifact).toMatchObject({ name: 'hello.md', size: 8 })
    const { apiUrl, keys } = platform.embedded
    const file = await fetch(`${apiUrl}/storage/v1/object/artifacts/${artifact?.path}`, {
      headers: { apikey: keys.secret, authorization: `Bearer ${keys.secret}` },
    })
    expect(await file.text()).toBe('# Hello\n')

    const [first, second, third] = await platform.requests(persona.model)
    const offered = (body: SeenBody | undefined) => body?.tools.map((tool) => tool.function.name)
    expect(offered(first)).toEqual(['tool_search', 'tool_describe', 'update_plan', 'ask_human'])
    expect(offered(second)).toEqual(offered(first))
    expect(offered(third)).toContain('write_file')
    expect(third?.messages.at(-1)?.content).toContain('no_such_tool')
  })
})
