/**
 * Makes the embedded database as it is before anybody uses it, once for each version of its schema, so that a first start
 * only copies it. `npm install` runs this. `npm start` does without it when it is missing.
 */
import './require-node.ts'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openPglite } from '../supabase/embedded/database/pglite.ts'
import { prepareDatabase } from '../supabase/embedded/prepare.ts'
import { treeDigest } from './web/sources.ts'

const root = join(import.meta.dirname, '..')
/** npm removes it with node_modules. */
const cache = join(root, 'node_modules/.cache/fresh-database')
const sources = ['supabase/migrations', 'supabase/embedded', 'package-lock.json']
const makesSchema = (file: string) => /(\.sql|prepare\.ts|package-lock\.json|^)$/.test(file)

/** Where the fresh database of this version of the schema is, or would be. */
export async function freshDatabase(): Promise<string> {
  const hash = createHash('sha256')
  for (const source of sources) hash.update(await treeDigest(join(root, source), makesSchema))
  return join(cache, hash.digest('hex'))
}

async function make(): Promise<void> {
  const place = await freshDatabase()
  if (existsSync(place)) return
  await rm(cache, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  // only a whole one gets the name
  const part = await mkdtemp(join(cache, 'part-'))
  const database = await openPglite(part)
  try {
    await prepareDatabase({ exec: database.exec, ...database.handle })
  } finally {
    await database.close()
  }
  await rename(part, place)
}

if (import.meta.main) {
  try {
    await make()
  } catch (error) {
    console.error(`The database could not be prepared; the first start will do it: ${(error as Error).message}`)
  }
  process.exit(0)
}
