import { PostgresConnection } from '@supabase/lite/postgres'
import { openPostgres } from '../../connection/postgres.ts'
import { type EmbeddedDatabase, keepLiteFromGranting, versionNumber } from './embedded-database.ts'
import { isoTime, isoTimestamp } from './postgrest-values.ts'

const reads = (oid: number, parse: (text: string) => unknown) => ({ to: oid, from: [oid], serialize: String, parse })
/** lite passes JSON as text; without this, the driver would turn it into a JSON string. */
const json = (oid: number) => ({
  to: oid,
  from: [oid],
  serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse: JSON.parse,
})
/** lite reads and writes values as PostgREST returns them, as on PGlite. */
const liteTypes = {
  numeric: reads(1700, Number),
  timestamp: reads(1114, isoTimestamp),
  timestamptz: reads(1184, isoTime),
  json: json(114),
  jsonb: json(3802),
}

/** Opens an existing PostgreSQL; its user must be allowed to create roles and extensions. */
export async function openPostgresDatabase(
  url: string,
  onWarning: (message: string) => void = () => {},
): Promise<EmbeddedDatabase> {
  const handle = openPostgres(url, { onWarning })
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
