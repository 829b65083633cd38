/** The database for the executor and the Realtime server: PGlite in the same process, or a pool of PostgreSQL connections. */

/** Runs one statement. jsonb results are parsed. Object parameters are sent as JSON, array parameters as SQL arrays. */
export type Query = <T = Record<string, unknown>>(sql: string, params?: unknown[]) => Promise<T[]>

export interface DatabaseHandle {
  query: Query
  /**
   * Runs `work` in one transaction, which commits when `work` resolves and rolls back when it rejects. Only the `query` that
   * is passed to `work` runs in the transaction. Keep it short and never call the handle's own `query` in it: PGlite has only
   * one session, so everybody else waits.
   */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /**
   * Calls `onNotify` for each NOTIFY on `channel`. Resolves once it listens, with a function that stops it.
   * After a lost connection it listens again and calls `onNotify('')`, so that callers can look for what they missed.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
