/**
 * `npm run types`: writes contracts/database.ts from supabase/schemas, with the library behind `supabase gen types`.
 * With `--check` it writes nothing and fails if the file is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { generateTypescript, sortGeneratorMetadata } from '@supabase/postgrest-typegen/generation'
import { introspect } from '@supabase/postgrest-typegen/introspection'
import { openPglite } from '../supabase/embedded/database/pglite.ts'
import { prepareServices } from '../supabase/embedded/prepare.ts'
import { schemasScript } from './schemas/catalog.ts'

const file = new URL('../contracts/database.ts', import.meta.url)

async function generate(): Promise<string> {
  const database = await openPglite()
  try {
    await prepareServices({ ...database.handle, exec: database.exec })
    await database.exec(await schemasScript())
    const pool = { query: async (sql: string) => ({ rows: await database.handle.query(sql) }) }
    const metadata = await introspect(pool, { includedSchemas: ['public'] })
    const types = await generateTypescript(sortGeneratorMetadata(metadata), {})
    return `// Made by \`npm run types\` from supabase/schemas: do not edit.\n${types}`
  } finally {
    await database.close()
  }
}

const types = await generate()
if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== types) {
    console.error('contracts/database.ts does not match supabase/schemas. Run `npm run types` and commit it.')
    process.exit(1)
  }
} else {
  await writeFile(file, types)
}
