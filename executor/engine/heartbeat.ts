/** Keeps the leases of what this worker holds, and aborts what it has lost. */
import type { Query } from '../../contracts/database-handle.ts'
import { heartbeat } from '../platform/heartbeat.ts'
import { crashPoint } from './crash-points.ts'
import type { Held, HeldWork } from './held-work.ts'
import type { RepeatedJob } from './job.ts'

export function heartbeatJob(query: Query, held: HeldWork, leaseSeconds: number): RepeatedJob {
  return {
    name: 'heartbeat',
    every: (leaseSeconds * 1000) / 3,
    async run() {
      await beat(query, held, leaseSeconds)
      return undefined
    },
  }
}

/** The answer speaks only of what was held when the question was asked. */
async function beat(query: Query, held: HeldWork, leaseSeconds: number): Promise<void> {
  const runs = [...held.runs]
  const tools = [...held.tools]
  if (runs.length + tools.length === 0) return
  crashPoint('heartbeat.before')
  const askedAt = performance.now()
  const lost = await heartbeat(
    query,
    runs.map(({ id, claim }) => ({ id, fence: claim })),
    tools.map(({ id, claim }) => ({ id, attempt: claim })),
    leaseSeconds,
  )
  crashPoint('heartbeat.after')
  const keptUntil = askedAt + leaseSeconds * 1000
  settle(runs, lost.runs, keptUntil)
  settle(tools, lost.tools, keptUntil)
}

function settle(asked: Held[], lostIds: string[], keptUntil: number): void {
  const lost = new Set(lostIds)
  for (const held of asked) {
    if (lost.has(held.id)) held.abort('lost')
    else held.keep(keptUntil)
  }
}
