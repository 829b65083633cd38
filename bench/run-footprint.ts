/**
 * `npm run bench -- --footprint [--json] [--quick]`: what the embedded default asks of a machine and of a person's patience.
 * Install (of the last commit, in a clone of its own; left out with `--quick`), start, memory of all processes, the first
 * page on a slow line, and the time from a click to the first live step, idle and with fifty runs under way.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWeb } from '../scripts/build-web.ts'
import { Person } from '../tests/support/person.ts'
import { type Product, startProduct } from '../tests/support/product.ts'
import { median, rounded } from './engine/measure.ts'
import { asOwner, clickToFirstStep, loadOnSlowLine, openBrowser } from './footprint/browser.ts'
import { measureInstall } from './footprint/install.ts'
import { memoryAtRest } from './footprint/memory.ts'

const quick = process.argv.includes('--quick')
const CLICKS = quick ? 3 : 10
const MANY = 30
const UNDER_WAY = 50
const PERSONAS = 3
const TASK = 'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95'

/** A demo account with several personas, because a persona works on at most twenty runs at a time. */
async function staff(product: Product, email: string) {
  const person = await Person.signIn(product, email)
  const personas = await Promise.all(Array.from({ length: PERSONAS }, () => person.createPersona()))
  /** Starts so many runs at once; `ended()` waits for the end of all. */
  return async (count: number) => {
    const starts = Array.from({ length: count }, (_, at) => person.startRun(personas[at % PERSONAS] ?? '', TASK))
    const runs = await Promise.all(starts)
    return { ended: () => Promise.all(runs.map((run) => person.untilEnded(run))) }
  }
}

async function timedStart(folder: string): Promise<{ product: Product; seconds: number }> {
  const began = performance.now()
  const product = await startProduct({ folder })
  return { product, seconds: rounded((performance.now() - began) / 1000, 1) }
}

async function loopLagMs({ url }: Product): Promise<number> {
  const health = (await (await fetch(`${url}/health`)).json()) as { event_loop_lag_ms: number }
  return health.event_loop_lag_ms
}

async function measureProduct(folder: string) {
  const first = await timedStart(folder)
  await first.product.stop()
  const { product, seconds } = await timedStart(folder)
  const browser = await openBrowser()
  try {
    const slow_line = await loadOnSlowLine(browser, product.url)
    const idle_mb = await memoryAtRest(product.pid)
    const startRuns = await staff(product, 'owner@acme.test')
    await (await startRuns(1)).ended()
    const after_one_run_mb = await memoryAtRest(product.pid)
    await (await startRuns(MANY)).ended()
    const after_thirty_runs_mb = await memoryAtRest(product.pid)
    const idle_lag_ms = await loopLagMs(product)

    const startBusyRuns = await staff(product, 'owner@globex.test')
    const clicks = await asOwner(browser, product.url, async (page) => {
      const idle: number[] = []
      for (let click = 0; click < CLICKS; click++) idle.push(await clickToFirstStep(page))
      const runs = await startBusyRuns(UNDER_WAY)
      const beside_fifty_runs_ms = await clickToFirstStep(page)
      const lag_ms = await loopLagMs(product)
      await runs.ended()
      return { idle_ms: rounded(median(idle)), beside_fifty_runs_ms, lag_ms }
    })
    return {
      ready_seconds: { first_start: first.seconds, next_start: seconds },
      memory_mb: { idle: idle_mb, after_one_run: after_one_run_mb, after_thirty_runs: after_thirty_runs_mb },
      first_live_step_ms: { idle: clicks.idle_ms, beside_fifty_runs: clicks.beside_fifty_runs_ms },
      event_loop_lag_ms: { idle: idle_lag_ms, beside_fifty_runs: clicks.lag_ms },
      slow_line,
    }
  } finally {
    await browser.close()
    await product.stop()
  }
}

await buildWeb((line) => console.log(line))
const install = quick ? undefined : await measureInstall()
const folder = await mkdtemp(join(tmpdir(), 'persona-footprint-'))
try {
  const result = { ...(install && { install }), ...(await measureProduct(folder)) }
  console.table(result)
  console.log(
    'goals: node_modules 700 MB, ready in 5 s, idle 500 MB, first live step 300 ms, something to read 1,000 ms',
  )
  const machine = { cores: cpus().length, load: loadavg().map((load) => rounded(load)), node: process.version }
  if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, ...result }))
} finally {
  await rm(folder, { recursive: true, force: true })
}
