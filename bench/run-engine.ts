/**
 * `npm run bench [-- --json] [-- --quick]`: compares what a run costs on this platform and on plain LangGraph with its
 * Postgres checkpointer. Both do the same work (engine/work.ts: two model calls at zero latency, one tool that does
 * nothing) in this process, on the same PostgreSQL 17 with fsync on. They take turns, so that both suffer equally on a
 * busy machine. The sides take turns in beginning a round, because each has to vacuum and flush what the one before it
 * left.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { openPostgresDatabase } from '../supabase/embedded/database/postgres.ts'
import { seedDemo } from '../supabase/embedded/demo.ts'
import { ask } from '../tests/support/ask.ts'
import { createDatabase } from '../tests/support/database.ts'
import { type PostgresServer, withPostgres } from '../tests/support/postgres.ts'
import { eventDelays } from './engine/event-delay.ts'
import { startFloor } from './engine/floor.ts'
import { type Amounts, measure, median, percentile, rounded, type Sample } from './engine/measure.ts'
import { prepare, startPlatformSide } from './engine/platform.ts'
import { serverCpuMs } from './engine/server-cpu.ts'
import type { Side } from './engine/work.ts'

const quick = process.argv.includes('--quick')
const amounts: Amounts = quick
  ? { warmUp: 150, alone: 40, together: 150, concurrency: 50 }
  : { warmUp: 300, alone: 150, together: 600, concurrency: 50 }
const rounds = quick ? 3 : 9
const eventRuns = quick ? 10 : 50

type Name = 'platform' | 'floor' | 'floor_async'
const titles: Record<Name, string> = {
  platform: 'persona platform',
  floor: 'floor (LangGraph + PostgresSaver, sync)',
  floor_async: 'the same, async (its default)',
}
const names = Object.keys(titles) as Name[]

async function measureRounds(server: PostgresServer): Promise<Record<Name, Sample[]>> {
  const database = await createDatabase(server.url)
  const handle = await openPostgresDatabase(database.url)
  await seedDemo({ ...handle.handle, exec: handle.exec })
  await prepare(handle.handle.query)
  await handle.close()
  const sides: Record<Name, () => Promise<Side>> = {
    platform: () => startPlatformSide(database.url),
    floor: () => startFloor(database.url, 'sync'),
    floor_async: () => startFloor(database.url, 'async'),
  }
  const samples: Record<Name, Sample[]> = { platform: [], floor: [], floor_async: [] }
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const side = await sides[name]()
      const sample = await measure(side, amounts, () => serverCpuMs(server.pid))
      await side.close()
      samples[name].push(sample)
      const { throughput, latencies } = sample
      console.log(
        `round ${round + 1}/${rounds} ${titles[name]}: ${rounded(throughput)} runs/s, p50 ${rounded(median(latencies))} ms`,
      )
    }
  }
  await database.drop()
  return samples
}

function summary(samples: Sample[]) {
  const latencies = samples.flatMap((sample) => sample.latencies)
  return {
    runs_per_second: rounded(median(samples.map((sample) => sample.throughput))),
    p50_ms: rounded(median(latencies)),
    p95_ms: rounded(percentile(latencies, 0.95)),
    round_trips_per_run: rounded(median(samples.map((sample) => sample.tripsTogether))),
    round_trips_per_run_alone: rounded(median(samples.map((sample) => sample.tripsAlone))),
    node_cpu_ms_per_run: rounded(median(samples.map((sample) => sample.cpuMs)), 2),
    postgres_cpu_ms_per_run: rounded(median(samples.map((sample) => sample.serverCpuMs)), 2),
  }
}

/** Ratios are computed per round, so that both sides of a ratio come from the same minute. */
function ratios(samples: Record<Name, Sample[]>, against: Name) {
  const each = (of: (sample: Sample) => number) =>
    samples.platform.map((sample, round) => of(sample) / of(samples[against][round]!))
  const throughput = each((sample) => sample.throughput)
  const latency = each((sample) => median(sample.latencies))
  return {
    throughput: rounded(median(throughput), 2),
    throughput_range: [rounded(Math.min(...throughput), 2), rounded(Math.max(...throughput), 2)],
    p50: rounded(median(latency), 2),
    p50_range: [rounded(Math.min(...latency), 2), rounded(Math.max(...latency), 2)],
  }
}

async function versions(server: PostgresServer) {
  const require = createRequire(import.meta.url)
  const version = (name: string) => JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version
  const [row] = await ask(server.url, 'show server_version')
  return {
    node: process.version,
    postgres: String(row?.server_version),
    langgraph: version('@langchain/langgraph'),
    checkpoint_postgres: version('@langchain/langgraph-checkpoint-postgres'),
    pg: version('pg'),
    supabase_js: version('@supabase/supabase-js'),
    cpus: cpus().length,
  }
}

await withPostgres(async (server) => {
  const samples = await measureRounds(server)
  await ask(server.url, 'alter system set track_commit_timestamp = on')
  await server.restart()
  const database = await createDatabase(server.url)
  const delays = await eventDelays(database.url, eventRuns)
  await database.drop()
  const result = {
    bench: 'run-engine',
    work: 'two model calls at zero latency (the same function in process for both), one no-op tool call',
    concurrency: amounts.concurrency,
    rounds,
    platform: summary(samples.platform),
    floor: summary(samples.floor),
    floor_async: summary(samples.floor_async),
    ratio_to_floor: ratios(samples, 'floor'),
    ratio_to_floor_async: ratios(samples, 'floor_async'),
    event_to_browser: {
      p50_ms: rounded(median(delays)),
      p95_ms: rounded(percentile(delays, 0.95)),
      events: delays.length,
    },
    versions: await versions(server),
  }
  console.table(Object.fromEntries(names.map((name) => [titles[name], result[name]])))
  const { ratio_to_floor: ratio, event_to_browser: event } = result
  console.log(
    `throughput with ${amounts.concurrency} simultaneous runs: ${ratio.throughput} times plain LangGraph (goal: 2 or more)`,
  )
  console.log(`p50 latency of a run alone: ${ratio.p50} times that of plain LangGraph (goal: 1 or less)`)
  console.log(`SQL round trips per run: ${result.platform.round_trips_per_run} (goal: 14 or fewer)`)
  console.log(
    `commit of a step to a supabase-js subscriber: p50 ${event.p50_ms} ms, p95 ${event.p95_ms} ms of ${event.events}`,
  )
  if (process.argv.includes('--json')) console.log(JSON.stringify(result))
})
