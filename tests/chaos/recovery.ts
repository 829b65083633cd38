/** Measures how long after a kill the affected runs took their next step. */
import type { Query } from '../../contracts/database-handle.ts'
import { patiently } from './patience.ts'

interface Blow {
  at: Date
  runs: string[]
}

export class Recovery {
  readonly #query: Query
  readonly #blows: Blow[] = []

  constructor(query: Query) {
    this.#query = query
  }

  /** Call this when `worker` has just died. Records what it held. */
  async workerDied(worker: string, at: Date): Promise<void> {
    const held = await patiently(() =>
      this.#query<{ id: string }>(
        `select id from runs where status = 'running' and worker = $1
         union
         select t.run_id from tool_runs t
         where t.status = 'started' and (
           select s.data ->> 'worker' from (
             select action, data from platform.audit_queue where run_id = t.run_id
             union all
             select action, data from audit_events where run_id = t.run_id
           ) s
           where s.action = 'tool.started' and s.data ->> 'tool_run_id' = t.id::text
             and (s.data ->> 'attempt')::int = t.attempt
         ) = $1`,
        [worker],
      ),
    )
    this.#blows.push({ at, runs: held.map(({ id }) => id) })
  }

  /** Call this when the database, which died at `at`, answers again. Every run under way counts as affected. */
  async databaseDied(at: Date): Promise<void> {
    const live = await patiently(() =>
      this.#query<{ id: string }>(
        "select id from runs where status in ('queued', 'running') or (status = 'waiting' and waiting_for = 'tools')",
      ),
    )
    this.#blows.push({ at, runs: live.map(({ id }) => id) })
  }

  /** Sorted milliseconds, one for each run that a kill affected. */
  async times(): Promise<number[]> {
    const times = await patiently(() =>
      this.#query<{ ms: number }>(
        `select (select extract(epoch from min(s.created_at) - b.at) * 1000 from run_steps s
                 where s.run_id = b.run_id and s.created_at > b.at)::float8 as ms
         from jsonb_to_recordset($1) b (run_id uuid, at timestamptz)`,
        [JSON.stringify(this.#blows.flatMap(({ at, runs }) => runs.map((run_id) => ({ run_id, at }))))],
      ),
    )
    return times
      .map(({ ms }) => ms)
      .filter((ms) => ms !== null)
      .map(Math.round)
      .sort((a, b) => a - b)
  }
}

/** The quantile `share` (0 to 1) of sorted values. 0 if there are none. */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
