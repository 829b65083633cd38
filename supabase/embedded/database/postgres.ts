import { PostgresConnection } from '@supabase/lite/postgres'
import { openPostgres } from '../../../executor/database.ts'
import { type EmbeddedDatabase, keepLiteFromGranting, versionNumber } from './embedded-database.ts'
import { isoTime, isoTimestamp } from './postgrest-values.ts'

const reads = (oid: number, parse: (text: string) => unknown) => ({ to: oid, from: [oid], serialize: String, parse })
/** How lite reads them: as PostgREST answers them. */
const liteTypes = {
  numeric: reads(1700, Number),
  timestamp: reads(1114, isoTimestamp),
  timestamptz: reads(1184, isoTime),
}

/** Opens an existing PostgreSQL; its user must be allowed to create roles and extensions. */
export async function openPostgresDatabase(url: string): Promise<EmbeddedDatabase> {
  const handle = openPostgres(url)
  const [version] = await handle.query<{ server_version: string }>('show server_version')
  const lite = new PostgresConnection({ url, postgresOptions: { max: 10, onnotice: () => {}, types: liteTypes } })
  keepLiteFromGranting(lite)
  return {
    handle,
    lite,
    exec: async (script) => {
      await lite.driver.unsafe(script).simple()
    },
    name: `PostgreSQL ${versionNumber(version?.server_version ?? '')}`,
    close: async () => {
      await Promise.all([lite.close(), handle.close()])
    },
  }
}
