/** `npm run migrate`: brings a self-hosted Supabase's database (DATABASE_URL, as its owner) to the newest migration. */
import './require-node.ts'
import { openPostgresDatabase } from '../supabase/embedded/database/postgres.ts'
import { migrate } from '../supabase/embedded/prepare.ts'

const { DATABASE_URL } = process.env
if (!DATABASE_URL) {
  console.error('Set DATABASE_URL to the database, as its owner: postgresql://postgres:…@host:5432/postgres')
  process.exit(1)
}

const OTHER_VERSION = 'Nothing more was applied: go back to the version that made this database, or use an empty one.'

const database = await openPostgresDatabase(DATABASE_URL)
try {
  let applied = 0
  await migrate({ ...database.handle, exec: database.exec }, (file, state) => {
    if (state === 'changed') throw new Error(`${file} was changed after it had been applied here. ${OTHER_VERSION}`)
    applied += 1
    console.log(`applied ${file}`)
  })
  console.log(applied === 0 ? 'Nothing to do: every migration is applied.' : `${applied} migrations applied.`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await database.close()
}
