import { mkdir } from 'node:fs/promises'
import { types } from '@electric-sql/pglite'
import { pgmq } from '@electric-sql/pglite-pgmq'
import { vector } from '@electric-sql/pglite-pgvector'
import { PgliteConnection } from '@supabase/lite/pglite'
import type { Query } from '../../../contracts/database-handle.ts'
import { valueParsers } from '../../connection/value-parsers.ts'
import { type EmbeddedDatabase, keepLiteFromGranting, versionNumber } from './embedded-database.ts'
import { exclusiveKysely } from './exclusive-dialect.ts'
import { isoTime, isoTimestamp } from './postgrest-values.ts'
import { withoutValues } from './without-values.ts'

/** lite reads values as PostgREST returns them. Our own queries read them by `valueParsers`. */
const liteParsers = { [types.NUMERIC]: Number, [types.TIMESTAMP]: isoTimestamp, [types.TIMESTAMPTZ]: isoTime }

/** Opens PGlite with pgvector and pgmq. The data is in `folder`, or in memory if there is none. */
export async function openPglite(
  folder?: string,
  onWarning: (message: string) => void = () => {},
): Promise<EmbeddedDatabase> {
  if (folder) await mkdir(folder, { recursive: true, mode: 0o700 })
  const lite = new PgliteConnection({
    url: folder,
    pgliteOptions: { extensions: { vector, pgmq }, parsers: liteParsers },
  })
  const pglite = lite.driver
  await pglite.waitReady
  lite.kysely = exclusiveKysely(pglite)
  keepLiteFromGranting(lite)

  const onNotice = ({ severity, message }: { severity?: string | undefined; message?: string | undefined }) => {
    if (severity === 'WARNING') onWarning(message ?? '')
  }
  const queryOn =
    (target: Pick<typeof pglite, 'query'>): Query =>
    async <T>(sql: string, params?: unknown[]) => {
      try {
        return (await target.query<T>(sql, params, { parsers: valueParsers, onNotice })).rows
      } catch (error) {
        throw withoutValues(error as Error)
      }
    }
  const close = async () => {
    if (!pglite.closed) await lite.close()
  }
  const [version] = (await pglite.query<{ server_version: string }>('show server_version')).rows
  return {
    handle: {
      query: queryOn(pglite),
      transaction: (work) => pglite.transaction((transaction) => work(queryOn(transaction))),
      listen: (channel, onNotify) => pglite.listen(channel, onNotify),
      close,
    },
    lite,
    exec: async (script) => {
      await pglite.exec(script)
    },
    name: `PGlite ${versionNumber(version?.server_version ?? '')}`,
    close,
  }
}
