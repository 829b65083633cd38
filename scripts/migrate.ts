/** `npm run migrate`: brings a self-hosted Supabase's database (DATABASE_URL, as its owner) to the newest migration. */
import './require-node.ts'
import { openPostgresDatabase } from '../supabase/embedded/database/postgres.ts'
import { migrate, migrationState, OtherVersion } from '../supabase/embedded/prepare.ts'

const { DATABASE_URL } = process.env
if (!DATABASE_URL) {
  console.error('Set DATABASE_URL to the database, as its owner: postgresql://postgres:…@host:5432/postgres')
  process.exit(1)
}

const OTHER_VERSION =
  'Nothing was applied. Go back to the version of the platform that made this database, or use an empty database.'
const BACKUP =
  'This database contains data. Keep a backup from before the upgrade (pg_dump, or your provider), because there is no way back without one.'

const database = await openPostgresDatabase(DATABASE_URL)
const connection = { ...database.handle, exec: database.exec }
try {
  const { missing, hasData } = await migrationState(connection)
  if (missing.length > 0 && hasData) console.log(BACKUP)
  await migrate(connection, (file) => console.log(`applied ${file}`))
  console.log(
    missing.length === 0 ? 'Nothing to do: every migration is applied.' : `${missing.length} migrations applied.`,
  )
} catch (error) {
  const { message } = error as Error
  console.error(
    error instanceof OtherVersion ? `${message} ${OTHER_VERSION}` : `${message}\nThe database was not changed.`,
  )
  process.exitCode = 1
} finally {
  await database.close()
}
