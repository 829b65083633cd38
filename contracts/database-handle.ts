/** The database as the executor and the Realtime server see it: PGlite in the same process, or a pool on PostgreSQL. */

/** Runs one statement. jsonb is returned parsed; objects given as parameters are sent as JSON, arrays as SQL arrays. */
export type Query = <T = Record<string, unknown>>(sql: string, params?: unknown[]) => Promise<T[]>

export interface DatabaseHandle {
  query: Query
  /**
   * Runs `work` in one transaction, which commits when `work` resolves and rolls back when it rejects. Only the `query`
   * that it is given runs inside. PGlite has one session, so all others wait: keep it short, and never call `this.query` in it.
   */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /**
   * Calls `onNotify` for each NOTIFY on `channel`. Resolves when it listens, to the function that stops it.
   * After a lost connection it listens again and calls `onNotify('')`, so that callers look for what they missed.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
