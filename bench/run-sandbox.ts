/**
 * `npm run bench -- --sandbox [--json] [--quick]`: measures what a sandbox costs, for each driver that works on this
 * machine. "Cold start" is the time until the runner is ready. "Runner" is the call of a tool that does nothing, in a
 * warm sandbox. "Whole" is the same call as in production, from the commit that makes it to the commit of its result,
 * on PostgreSQL 17. `docker exec node -e 0` is measured for comparison.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { pino } from 'pino'
import { DEFAULT_SANDBOX_LIMITS } from '../contracts/sandbox.ts'
import { openSandboxes, type Sandboxes } from '../executor/sandbox/index.ts'
import { openPostgresDatabase } from '../supabase/embedded/database/postgres.ts'
import { seedDemo } from '../supabase/embedded/demo.ts'
import { createDatabase } from '../tests/support/database.ts'
import { startDocker } from '../tests/support/docker.ts'
import { withPostgres } from '../tests/support/postgres.ts'
import { median, percentile, rounded } from './engine/measure.ts'
import { prepare } from './engine/platform.ts'
import { wholeCalls } from './sandbox/whole-call.ts'

const quick = process.argv.includes('--quick')
const amounts = quick
  ? { starts: 5, calls: 200, runs: 60, execs: 5 }
  : { starts: 20, calls: 1000, runs: 300, execs: 20 }
const WARM_UP = 30

interface Figures {
  p50_ms: number
  p95_ms: number
}
interface Result {
  cold_start: Figures
  call_in_runner: Figures
  call_whole: Figures
  docker_exec?: Figures
}

const figures = (values: number[]): Figures => ({
  p50_ms: rounded(median(values), 2),
  p95_ms: rounded(percentile(values, 0.95), 2),
})

async function timed(times: number, work: (round: number) => Promise<unknown>): Promise<number[]> {
  const durations: number[] = []
  for (let round = 0; round < times; round++) {
    const began = performance.now()
    await work(round)
    durations.push(performance.now() - began)
  }
  return durations
}

const specOf = (personaId: string) => ({ personaId, allowedHosts: [], limits: DEFAULT_SANDBOX_LIMITS })

async function coldStarts(sandboxes: Sandboxes): Promise<number[]> {
  const durations: number[] = []
  for (let round = 0; round < amounts.starts; round++) {
    const began = performance.now()
    const sandbox = await sandboxes.sandboxFor(specOf(`cold-${round}`))
    durations.push(performance.now() - began)
    await sandbox.stop()
  }
  return durations
}

async function callsInRunner(sandboxes: Sandboxes): Promise<number[]> {
  const sandbox = await sandboxes.sandboxFor(specOf('warm'))
  const signal = new AbortController().signal
  const call = { tool: 'noop', input: {}, idempotencyKey: 'key', traceId: 'run-bench', deadlineMs: 60_000, secrets: {} }
  await timed(WARM_UP, () => sandbox.call(call, signal))
  return timed(amounts.calls, () => sandbox.call(call, signal))
}

async function dockerExecs(docker: Docker): Promise<number[]> {
  const container = docker.getContainer('persona-warm')
  return timed(amounts.execs, async () => {
    const exec = await container.exec({ Cmd: ['node', '-e', '0'], AttachStdout: true })
    const stream = await exec.start({})
    stream.resume()
    await new Promise((resolve) => stream.once('end', resolve).once('close', resolve))
  })
}

async function measure(databaseUrl: string, env: NodeJS.ProcessEnv, docker?: Docker): Promise<[string, Result]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-sandbox-'))
  const log = pino({ level: 'error' })
  const sandboxes = await openSandboxes({ dataDir, env, log, runner: 'runner/fixtures/echo-runner.ts' })
  try {
    const result = {
      cold_start: figures(await coldStarts(sandboxes)),
      call_in_runner: figures(await callsInRunner(sandboxes)),
      ...(docker && { docker_exec: figures(await dockerExecs(docker)) }),
      call_whole: figures((await wholeCalls(databaseUrl, sandboxes, WARM_UP + amounts.runs)).slice(WARM_UP)),
    }
    return [sandboxes.name, result]
  } finally {
    await sandboxes.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function measureDocker(databaseUrl: string, gvisor: boolean): Promise<[string, Result]> {
  const daemon = await startDocker({ gvisor })
  try {
    return await measure(databaseUrl, { SANDBOX: 'docker', DOCKER_HOST: daemon.host }, daemon.docker)
  } finally {
    await daemon.stop()
  }
}

await withPostgres(async (server) => {
  const database = await createDatabase(server.url)
  const handle = await openPostgresDatabase(database.url)
  await seedDemo({ ...handle.handle, exec: handle.exec })
  await prepare(handle.handle.query)
  await handle.close()

  const drivers: Record<string, () => Promise<[string, Result]>> = {
    'docker (runc)': () => measureDocker(database.url, false),
    'docker (gVisor)': () => measureDocker(database.url, true),
    bubblewrap: () => measure(database.url, { SANDBOX: 'bubblewrap' }),
    namespaces: () => measure(database.url, { SANDBOX: 'namespaces' }),
  }
  const results: Record<string, Result> = {}
  const left_out: Record<string, string> = {}
  for (const [name, run] of Object.entries(drivers)) {
    try {
      const [driver, result] = await run()
      results[driver] = result
      const { cold_start, call_in_runner, call_whole, docker_exec } = result
      const words = { 'cold start': cold_start, runner: call_in_runner, whole: call_whole, 'docker exec': docker_exec }
      console.log(driver)
      console.table(Object.fromEntries(Object.entries(words).filter(([, value]) => value)))
    } catch (error) {
      left_out[name] = (error as Error).message
      console.log(`${name} is left out: ${left_out[name]}`)
    }
  }
  console.log('goals: cold start p95 600 ms or less, whole call p50 3 ms or less')
  const machine = { cores: cpus().length, load: loadavg().map((load) => rounded(load)), node: process.version }
  if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, amounts, drivers: results, left_out }))
  await database.drop()
})
