/** Extends the leases of the work that this worker holds, and aborts work whose lease was lost. */
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

/** The answer covers only the work that was held when the heartbeat was sent. */
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
