/** The database as the executor and the Realtime server see it: PGlite in the same process, or PostgreSQL by a pool. */

/** Runs one statement. jsonb comes back parsed; objects given as parameters are sent as JSON, arrays as SQL arrays. */
export type Query = <T = Record<string, unknown>>(sql: string, params?: unknown[]) => Promise<T[]>

export interface DatabaseHandle {
  query: Query
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. Only `work`'s own `query`
   * runs inside; on PGlite, which has one session, everybody else waits, so keep it short and never call `this.query` in it.
   */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /**
   * Calls `onNotify` for each NOTIFY on `channel`; resolves, once listening, to the function that stops it.
   * After a lost connection it listens again and calls `onNotify('')`, so that readers look for what they missed.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
