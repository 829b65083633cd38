/** Tests services through the runner's protocol, without a sandbox. The contract suite of sandboxes tests the same on each driver. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type RunnerProcess, withRunner } from './fixtures/runner-process.ts'

const runnerWithEcho = fileURLToPath(new URL('./fixtures/echo-runner.ts', import.meta.url))

async function output(runner: RunnerProcess, tool: string, input: object = {}): Promise<unknown> {
  const reply = await runner.end(runner.call(tool, input))
  if (reply.type !== 'result') throw new Error(`expected a result, got ${JSON.stringify(reply)}`)
  return reply.output
}

const failure = async (runner: RunnerProcess, id: string) => {
  const reply = await runner.end(id)
  return reply.type === 'error' ? reply.error : reply
}

const echo = async (runner: RunnerProcess, input: object = {}, tool = 'echo') =>
  (await output(runner, tool, input)) as { pid: number; text: string }

const states = (runner: RunnerProcess, service: string) =>
  runner.replies.flatMap((reply) => (reply.type === 'service' && reply.name === service ? [reply.state] : []))

test('a service is started by the first call that needs it, and shared', () =>
  withRunner(runnerWithEcho, async (runner) => {
    expect(await output(runner, 'noop')).toEqual({ ok: true })
    expect(states(runner, 'echo')).toEqual([])
    const [one, two, three] = await Promise.all(['a', 'b', 'c'].map((text) => echo(runner, { text })))
    expect([one!.text, two!.text, three!.text]).toEqual(['a', 'b', 'c'])
    expect(new Set([one!.pid, two!.pid, three!.pid, (await echo(runner)).pid]).size).toBe(1)
    expect(states(runner, 'echo')).toEqual(['started'])
  }))

test('an idle service is ended', () =>
  withRunner(runnerWithEcho, async (runner) => {
    const { pid } = await echo(runner, {}, 'echo_brief')
    await expect.poll(() => output(runner, 'is_alive', { pid }), { timeout: 10_000 }).toBe(false)
    expect((await echo(runner, {}, 'echo_brief')).pid).not.toBe(pid)
    expect(states(runner, 'brief').slice(0, 3)).toEqual(['started', 'stopped', 'started'])
  }))

test('a service does not end while a call uses it, even after its idle time', () =>
  withRunner(runnerWithEcho, async (runner) => {
    const id = runner.call('hold_brief', {}, { deadline_ms: 1_000 })
    expect(await failure(runner, id)).toMatchObject({ code: 'timeout' })
    expect(states(runner, 'brief')).toEqual(['started'])
  }))

test('a lost service fails only the calls that use it, and the next call gets a fresh one', () =>
  withRunner(runnerWithEcho, async (runner) => {
    const [users, other] = [[runner.call('hold'), runner.call('hold')], runner.call('hold_brief')]
    const { pid } = await echo(runner)
    await runner.progress(users[0]!)
    await runner.progress(users[1]!)
    await output(runner, 'kill', { pid })
    for (const id of users) expect(await failure(runner, id)).toMatchObject({ code: 'service_lost' })
    expect((await echo(runner)).pid).not.toBe(pid)
    expect(runner.replies.some((reply) => reply.type === 'error' && reply.id === other)).toBe(false)
    expect(states(runner, 'echo')).toEqual(['started', 'lost', 'started'])
  }))

test('a tool that fails because its service died fails with the loss', () =>
  withRunner(runnerWithEcho, async (runner) => {
    expect(await failure(runner, runner.call('break_it'))).toEqual({
      code: 'service_lost',
      message: 'The service echo was lost: it was ended by SIGKILL.',
    })
  }))

test('a service that no longer answers is replaced before the next use', () =>
  withRunner(runnerWithEcho, async (runner) => {
    const user = runner.call('hold')
    await runner.progress(user)
    const deaf = await output(runner, 'make_deaf')
    const { pid } = await echo(runner)
    expect(pid).not.toBe(deaf)
    expect(await failure(runner, user)).toMatchObject({ code: 'service_lost' })
    expect(await output(runner, 'is_alive', { pid: deaf })).toBe(false)
  }))

test('a service that cannot be started or does not exist gives an error', () =>
  withRunner(runnerWithEcho, async (runner) => {
    expect(await failure(runner, runner.call('echo_broken'))).toEqual({
      code: 'service_unavailable',
      message: 'The service broken could not be started: it has no such program.',
    })
    for (const service of ['nothing', 'constructor']) {
      expect(await failure(runner, runner.call(`echo_${service}`))).toMatchObject({ code: 'service_unavailable' })
    }
  }))

test('a call that waits for a service to start can be cancelled', () =>
  withRunner(runnerWithEcho, async (runner) => {
    const id = runner.call('echo_slow')
    await output(runner, 'noop')
    runner.send({ type: 'cancel', id })
    expect(await failure(runner, id)).toMatchObject({ code: 'cancelled' })
  }))

test('services end with the runner', () =>
  withRunner(runnerWithEcho, async (runner) => {
    const { pid } = await echo(runner)
    runner.process.stdin!.end()
    expect(await runner.exited).toBe(0)
    expect(() => process.kill(pid, 0)).toThrow()
  }))
