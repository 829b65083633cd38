/** Finds runs that should move but have not for a minute. Runs that wait for a person are not stuck. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Query } from '../../contracts/database-handle.ts'
import { patiently } from './patience.ts'

const STUCK_SECONDS = 60

export class StuckRuns {
  readonly runs = new Set<string>()
  readonly #query: Query
  readonly #stopping = new AbortController()
  readonly #watching: Promise<void>

  constructor(query: Query) {
    this.#query = query
    this.#watching = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const stuck = await patiently(() =>
        this.#query<{ id: string }>(
          `select id from runs
           where (status in ('queued', 'running') or (status = 'waiting' and waiting_for = 'tools'))
             and created_at < now() - make_interval(secs => $1)
             and not exists (
               select from run_steps s
               where s.run_id = runs.id and s.created_at > now() - make_interval(secs => $1))`,
          [STUCK_SECONDS],
        ),
      )
      for (const { id } of stuck) this.runs.add(id)
      await sleep(1_000, undefined, { signal: this.#stopping.signal }).catch(() => {})
    }
  }
}
