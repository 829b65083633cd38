/** Protects: people take part in a run by answers, approvals and cancelling. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { owner, type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  await platform.startExecutor()
})
afterAll(() => platform?.close())

/** A program that writes its process id to a file, and then does nothing for a minute. */
const sleeper = {
  name: 'run_code',
  arguments: {
    language: 'javascript',
    code: "require('node:fs').writeFileSync('pid.txt', String(process.pid)); setTimeout(() => {}, 60_000)",
  },
}

async function pendingQuestion(runId: string) {
  const [approval] = await platform.query<{
    id: string
    kind: string
    question: string
    options: string[]
    arguments_hash: string
  }>("select * from approvals where run_id = $1 and status = 'pending'", [runId])
  if (!approval) throw new Error('Nobody is asked.')
  return approval
}

const decide = (approvalId: string, decision: string, answer?: string) =>
  platform.asUser(owner, 'decide(approval_id => $1, decision => $2, answer => $3)', [
    approvalId,
    decision,
    answer ?? null,
  ])

describe('a question', () => {
  it('makes the run wait without a worker, and its answer goes to the model', async () => {
    const persona = await platform.persona([
      { tool_calls: [{ name: 'ask_human', arguments: { question: 'Which colour?', options: ['red', 'blue'] } }] },
      { text: 'Blue it is.' },
    ])
    const runId = await platform.createRun(persona.id)
    const waiting = await platform.until(runId, (run) => run.status === 'waiting')
    expect(waiting.waiting_for).toBe('human')
    const question = await pendingQuestion(runId)
    expect(question).toMatchObject({ kind: 'question', question: 'Which colour?', options: ['red', 'blue'] })

    await decide(question.id, 'answer', 'blue')
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', output: 'Blue it is.' })
    const [, second] = await platform.requests(persona.model)
    const messages = second?.messages ?? []
    expect(messages.at(-1)).toMatchObject({ role: 'tool', content: '{"answer":"blue"}' })
  })

  it('can be in one batch with a tool call', async () => {
    const persona = await platform.persona([
      {
        tool_calls: [
          { name: 'write_file', arguments: { path: 'a.txt', content: 'a', deliver: false } },
          { name: 'ask_human', arguments: { question: 'Go on?' } },
          { name: 'update_plan', arguments: { items: [{ title: 'Ask', status: 'active' }] } },
        ],
      },
      { text: 'Done.' },
    ])
    const runId = await platform.createRun(persona.id)
    await platform.until(runId, (run) => run.waiting_for === 'human')
    await decide((await pendingQuestion(runId)).id, 'answer', 'yes')
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed', segment: 2 })
    const [, second] = await platform.requests(persona.model)
    const messages = second?.messages ?? []
    expect(messages.filter((message) => message.role === 'tool')).toHaveLength(3)
  })
})

describe('cancelling', () => {
  it('stops a model that is answering at once', async () => {
    const persona = await platform.persona([{ text: 'x'.repeat(3_000), chunk_size: 10, chunk_delay_ms: 50 }])
    const runId = await platform.createRun(persona.id)
    await platform.until(runId, (run) => run.status === 'running')
    await expect.poll(() => platform.requests(persona.model), { timeout: 5_000 }).toHaveLength(1)
    const cancelledAt = Date.now()
    await platform.asUser(owner, 'cancel_run(run_id => $1)', [runId])
    expect(await platform.run(runId)).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
    for (;;) {
      const [call] = await platform.query<{ status: string; reserved_cost: string }>(
        'select status, reserved_cost from llm_calls where run_id = $1',
        [runId],
      )
      expect(call).toMatchObject({ status: 'failed' })
      if (Number(call?.reserved_cost) === 0) break
      expect(Date.now() - cancelledAt).toBeLessThan(1_000)
    }
  })

  it('stops a running tool within a second', async () => {
    const persona = await platform.persona([{ tool_calls: [sleeper] }, { text: 'never said' }])
    const runId = await platform.createRun(persona.id)
    const pid = await readWhenThere(join(platform.folder, 'workspaces', persona.id, 'pid.txt'))
    expect(isAlive(pid)).toBe(true)
    await platform.asUser(owner, 'cancel_run(run_id => $1)', [runId])
    await expect.poll(() => isAlive(pid), { timeout: 1_000, interval: 10 }).toBe(false)
    const calls = await platform.query('select status from tool_runs where run_id = $1', [runId])
    expect(calls).toEqual([{ status: 'cancelled' }])
  })
})

async function readWhenThere(path: string): Promise<number> {
  const text = await vi.waitUntil(() => readFile(path, 'utf8').catch(() => ''), { timeout: 20_000 })
  return Number(text)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
