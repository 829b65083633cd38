/** Measures one side: latency at concurrency 1, throughput at a higher one, and SQL round trips. */
import pg from 'pg'
import type { Side } from './work.ts'

export interface Sample {
  /** Milliseconds of single runs, one after the other. */
  latencies: number[]
  /** Runs per second, with many at once. */
  throughput: number
  /** SQL messages per run whose answer was awaited. */
  tripsAlone: number
  tripsTogether: number
  /** Milliseconds of this process's CPU per run, with many at once. */
  cpuMs: number
  /** The same for PostgreSQL's processes. */
  serverCpuMs: number
}

export interface Amounts {
  warmUp: number
  alone: number
  together: number
  concurrency: number
}

/** `serverCpu` returns the milliseconds of CPU that the database server has used so far. */
export async function measure(side: Side, amounts: Amounts, serverCpu: () => number): Promise<Sample> {
  // PostgreSQL plans a statement again the first five times on each connection. A long-lived worker is past that.
  await inParallel(side, amounts.warmUp, amounts.concurrency)
  const latencies: number[] = []
  const alone = await counted(async () => {
    for (let run = 0; run < amounts.alone; run++) {
      const start = performance.now()
      await side.run()
      latencies.push(performance.now() - start)
    }
  })
  const cpu = process.cpuUsage()
  const serverBefore = serverCpu()
  const together = await counted(() => inParallel(side, amounts.together, amounts.concurrency))
  const used = process.cpuUsage(cpu)
  return {
    latencies,
    throughput: amounts.together / (together.ms / 1000),
    tripsAlone: alone.trips / amounts.alone,
    tripsTogether: together.trips / amounts.together,
    cpuMs: (used.user + used.system) / 1000 / amounts.together,
    serverCpuMs: (serverCpu() - serverBefore) / amounts.together,
  }
}

async function inParallel(side: Side, total: number, concurrency: number): Promise<void> {
  let left = total
  const worker = async () => {
    while (left-- > 0) await side.run()
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

/** Counts the round trips through `pg` during `work`: each query, and each `begin` and `commit`, is one. */
async function counted(work: () => Promise<void>): Promise<{ trips: number; ms: number }> {
  const original = pg.Client.prototype.query
  let trips = 0
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    trips++
    return Reflect.apply(original, this, args)
  } as typeof original
  const start = performance.now()
  try {
    await work()
    return { trips, ms: performance.now() - start }
  } finally {
    pg.Client.prototype.query = original
  }
}

export function percentile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const median = (values: number[]) => percentile(values, 0.5)

export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
