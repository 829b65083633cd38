import { PostgresConnection } from '@supabase/lite/postgres'
import { openPostgres } from '../../../executor/database.ts'
import { type EmbeddedDatabase, keepLiteFromGranting, versionNumber } from './embedded-database.ts'

/** Opens an existing PostgreSQL; its user must be allowed to create roles and extensions. */
export async function openPostgresDatabase(url: string): Promise<EmbeddedDatabase> {
  const handle = openPostgres(url)
  const [version] = await handle.query<{ server_version: string }>('show server_version')
  const lite = new PostgresConnection({ url, postgresOptions: { max: 10, onnotice: () => {} } })
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
