/** Protects: a fork starts from an old run's checkpoint with a person's changes, and does nothing twice. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { addScript } from '../../demo-model/client.ts'
import type { Turn } from '../../demo-model/scripts.ts'
import { owner, type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  await platform.startExecutor()
  await platform.query("update tools set effect = 'effect' where name = 'write_file'")
})
afterAll(() => platform?.close())

const write = (path: string): Turn => ({ tool_calls: [{ name: 'write_file', arguments: { path, content: 'x' } }] })

/** A run that wrote two files, one after the other, and ended. */
async function parent(turns: Turn[] = [write('first.txt'), write('second.txt'), { text: 'Both are there.' }]) {
  const persona = await platform.persona(turns)
  await platform.asUser(owner, `set_persona_tool($1, 'write_file', '{"policy": "allow"}')`, [persona.id])
  const id = await platform.createRun(persona.id)
  await platform.ended(id)
  return { persona, id }
}

async function fork(runId: string, segment: number, changes: object = {}, effects = 'ledger'): Promise<string> {
  const { id } = await platform.asUser<{ id: string }>(
    owner,
    'fork_run(run_id => $1, segment => $2, changes => $3, effects => $4)',
    [runId, segment, JSON.stringify(changes), effects],
  )
  return id
}

const calls = (runId: string) =>
  platform.query<{ tool_name: string; status: string; arguments: { path: string }; started_at: Date | null }>(
    'select tool_name, status, arguments, started_at from tool_runs where run_id = $1 order by segment, position',
    [runId],
  )

describe('from a checkpoint', () => {
  it('takes the results of effects from the ledger, and continues with what the person added', async () => {
    const { persona, id } = await parent()
    const model = await addScript(platform.modelUrl, [write('third.txt'), { text: 'Three.' }])
    const forked = await fork(id, 0, { input: 'Write a third one instead.', model: { primary: model, fallbacks: [] } })
    expect(await platform.ended(forked)).toMatchObject({ status: 'completed', output: 'Three.' })

    const [first, third] = await calls(forked)
    expect(first).toMatchObject({ arguments: { path: 'first.txt' }, status: 'succeeded', started_at: null })
    expect(third).toMatchObject({ arguments: { path: 'third.txt' }, status: 'succeeded' })
    const [request] = await platform.requests(model)
    expect(request?.messages.at(-1)).toMatchObject({ role: 'user', content: 'Write a third one instead.' })
    const files = await readdir(join(platform.folder, 'workspaces', persona.id))
    expect(files.sort()).toEqual(['first.txt', 'second.txt', 'third.txt'])
    const [row] = await platform.query('select parent_run_id, forked_segment, source from runs where id = $1', [forked])
    expect(row).toEqual({ parent_run_id: id, forked_segment: 0, source: 'fork' })
  })

  it('asks a person before each effect when told to, even if the policy allows it', async () => {
    const { id } = await parent()
    const forked = await fork(id, 1, {}, 'ask')
    const waiting = await platform.until(forked, (run) => run.waiting_for === 'approval')
    expect(waiting.status).toBe('waiting')
    expect(await calls(forked)).toMatchObject([{ arguments: { path: 'second.txt' }, status: 'awaiting_approval' }])
    const [approval] = await platform.query<{ id: string }>('select id from approvals where run_id = $1', [forked])
    await platform.asUser(owner, "decide(approval_id => $1, decision => 'deny', answer => 'Leave it.')", [approval!.id])
    expect(await platform.ended(forked)).toMatchObject({ status: 'completed' })
  })

  it('has the plan that the run had after that step', async () => {
    const planned = (title: string, path: string): Turn => ({
      tool_calls: [
        { name: 'update_plan', arguments: { items: [{ title, status: 'active' }] } },
        ...(write(path).tool_calls ?? []),
      ],
    })
    const { id } = await parent([planned('One', 'first.txt'), planned('Two', 'second.txt'), { text: 'Done.' }])
    for (const [segment, title] of ['One', 'Two', 'Two'].entries()) {
      const forked = await fork(id, segment)
      expect((await platform.run(forked)).plan, `after segment ${segment}`).toEqual([{ title, status: 'active' }])
    }
  })

  it('continues a run that had ended when the person adds something', async () => {
    const { id } = await parent([{ text: 'Blue.' }])
    const model = await addScript(platform.modelUrl, [{ text: 'Red then.' }])
    const forked = await fork(id, 0, { input: 'Not blue.', model: { primary: model, fallbacks: [] } })
    expect(await platform.ended(forked)).toMatchObject({ status: 'completed', output: 'Red then.' })
  })
})

it('starts over with another input', async () => {
  const { persona, id } = await parent([{ text: 'Done.' }])
  const forked = await fork(id, -1, { input: 'Something else.' })
  expect(await platform.ended(forked)).toMatchObject({ status: 'completed' })
  const requests = await platform.requests(persona.model)
  expect(requests.at(-1)?.messages.at(-1)).toMatchObject({ role: 'user', content: 'Something else.' })
})

it('refuses an unknown checkpoint, and a version of another persona', async () => {
  const { id } = await parent([{ text: 'Done.' }])
  await expect(fork(id, 7)).rejects.toThrow('cannot be continued from this step')
  await expect(fork(id, 0, { persona_version_id: '30000000-0000-4000-8000-000000000003' })).rejects.toThrow(
    'no such version',
  )
})
