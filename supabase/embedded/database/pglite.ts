import { mkdir } from 'node:fs/promises'
import { PGlite, types } from '@electric-sql/pglite'
import { pgmq } from '@electric-sql/pglite-pgmq'
import { vector } from '@electric-sql/pglite-pgvector'
import { PgliteConnection } from '@supabase/lite/pglite'
import type { Query } from '../../../contracts/database-handle.ts'
import { valueParsers } from '../../connection/value-parsers.ts'
import { type EmbeddedDatabase, keepLiteFromGranting, versionNumber } from './embedded-database.ts'
import { exclusiveKysely } from './exclusive-dialect.ts'
import { assertNesting } from './nesting.ts'
import { PgliteSession } from './pglite-session.ts'
import { isoTime, isoTimestamp } from './postgrest-values.ts'
import { withoutValues } from './without-values.ts'

/** lite parses values as PostgREST returns them; our own queries use `valueParsers`. */
const liteParsers = { [types.NUMERIC]: Number, [types.TIMESTAMP]: isoTimestamp, [types.TIMESTAMPTZ]: isoTime }

/**
 * How deeply a statement may nest. PGlite runs on V8's stack, where each kilobyte that PostgreSQL counts takes up to twenty.
 * With PGlite's default of 2 MB, V8's stack would overflow before that limit. `npm start` gives V8 a larger stack.
 */
const MAX_STACK_DEPTH = '200kB'

/** Kept for pages, out of this process's memory. PostgreSQL's own 128 MB would be a quarter of what the platform needs. */
const SHARED_BUFFERS = '32MB'

/** Opens PGlite with pgvector and pgmq. The data is in `folder`, or in memory if there is none. */
export async function openPglite(
  folder?: string,
  onWarning: (message: string) => void = () => {},
): Promise<EmbeddedDatabase> {
  if (folder) await mkdir(folder, { recursive: true, mode: 0o700 })
  const pgliteOptions = {
    extensions: { vector, pgmq },
    parsers: liteParsers,
    startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`],
  }
  const connect = () => new PgliteConnection({ url: folder, pgliteOptions })
  const lite = connect()
  const session = await PgliteSession.open({
    first: lite.driver,
    ...(folder ? { another: () => connect().driver } : {}),
    prepare: async (pglite) => {
      await pglite.exec(`set max_stack_depth = '${MAX_STACK_DEPTH}'`)
    },
    onWarning,
  })
  Object.assign(lite, { driver: session, kysely: exclusiveKysely(session) })
  keepLiteFromGranting(lite)

  const onNotice = ({ severity, message }: { severity?: string | undefined; message?: string | undefined }) => {
    if (severity === 'WARNING') onWarning(message ?? '')
  }
  const queryOn =
    (target: Pick<PGlite, 'query'>): Query =>
    async <T>(sql: string, params?: unknown[]) => {
      try {
        assertNesting(params)
        return (await target.query<T>(sql, params, { parsers: valueParsers, onNotice })).rows
      } catch (error) {
        throw withoutValues(error as Error)
      }
    }
  const close = () => session.close()
  const [version] = (await session.query<{ server_version: string }>('show server_version')).rows
  return {
    handle: {
      query: queryOn(session),
      transaction: (work) => session.transaction((transaction) => work(queryOn(transaction))),
      listen: (channel, onNotify) => session.listen(channel, onNotify),
      close,
    },
    lite,
    exec: async (script) => {
      await session.exec(script)
    },
    name: `PGlite ${versionNumber(version?.server_version ?? '')}`,
    close,
  }
}
