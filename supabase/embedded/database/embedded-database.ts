import type { Connection } from '@supabase/lite'
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'

/** One database in the three forms that the stack needs it in. Closing `lite` and `handle` is `close()`'s work. */
export interface EmbeddedDatabase {
  /** For our own code. */
  handle: DatabaseHandle
  /** For `@supabase/lite` (REST and Auth). */
  lite: Connection
  /** Runs a script of several statements, as its own implicit transaction. */
  exec(script: string): Promise<void>
  /** "PGlite 18.3", "PostgreSQL 17.11": shown to people. */
  name: string
  close(): Promise<void>
}

/** What `prepareDatabase` needs of a database. */
export type ScriptConnection = Pick<EmbeddedDatabase, 'exec'> & Pick<DatabaseHandle, 'query' | 'transaction'>

/** `show server_version` gives "17.11 (Debian 17.11-1)": people need the number only. */
export const versionNumber = (serverVersion: string) => serverVersion.split(' ')[0] ?? serverVersion

/**
 * lite, when it first sees a table with RLS, grants everything in that table's schema to `anon` and `authenticated`,
 * in `auth` and `platform` as well. Our bootstrap grants what Supabase grants, so lite is told that this is done.
 */
export function keepLiteFromGranting(lite: Connection): void {
  Object.assign(lite, { rlsState: 'active' })
}
