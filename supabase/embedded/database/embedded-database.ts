import type { Connection } from '@supabase/lite'
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'

/** A database in the three forms that the stack needs. `close()` also closes `lite` and `handle`. */
export interface EmbeddedDatabase {
  /** For our own code. */
  handle: DatabaseHandle
  /** For `@supabase/lite` (REST and Auth). */
  lite: Connection
  /** Runs a script of several statements in one implicit transaction. */
  exec(script: string): Promise<void>
  /** The name for people: "PGlite 18.3", "PostgreSQL 17.11". */
  name: string
  close(): Promise<void>
}

/** The part of a database that `prepareDatabase` needs. */
export type ScriptConnection = Pick<EmbeddedDatabase, 'exec'> & Pick<DatabaseHandle, 'query' | 'transaction'>

/** `show server_version` returns "17.11 (Debian 17.11-1)"; people need only the number. */
export const versionNumber = (serverVersion: string) => serverVersion.split(' ')[0] ?? serverVersion

/**
 * When lite first sees a table with RLS, it grants everything in that table's schema to `anon` and `authenticated`, even in
 * `auth` and `platform`. Our bootstrap grants what Supabase grants, so this makes lite believe that it has granted already.
 */
export function keepLiteFromGranting(lite: Connection): void {
  Object.assign(lite, { rlsState: 'active' })
}
