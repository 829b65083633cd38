/** A prepared PGlite folder. It is made once for each state of the SQL and copied by each test, which saves seconds. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EmbeddedDatabase } from '../../../supabase/embedded/database/embedded-database.ts'
import { openPglite } from '../../../supabase/embedded/database/pglite.ts'
import { prepareDatabase } from '../../../supabase/embedded/prepare.ts'

const root = join(import.meta.dirname, '../../..')
const cache = join(root, 'node_modules/.cache/embedded-template')

/** Puts a copy into `folder`, which must not exist. */
export async function copyTemplate(folder: string): Promise<void> {
  const template = join(cache, await stateOfSql())
  if (!existsSync(template)) await make(template)
  await cp(template, folder, { recursive: true })
}

/** A new prepared PGlite, in a folder that `close` removes. */
export async function openPreparedPglite(): Promise<EmbeddedDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'persona-pglite-'))
  await copyTemplate(join(folder, 'pgdata'))
  const database = await openPglite(join(folder, 'pgdata'))
  const close = async () => {
    await database.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...database, close, handle: { ...database.handle, close } }
}

/** Others may make it at the same time. The first to finish gives it its name. */
async function make(template: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(join(cache, 'draft-'))
  const database = await openPglite(draft)
  try {
    await prepareDatabase({ exec: database.exec, ...database.handle })
  } finally {
    await database.close()
  }
  await rename(draft, template).catch(() => rm(draft, { recursive: true, force: true }))
  for (const old of await readdir(cache)) {
    const path = join(cache, old)
    if (path !== template && !old.startsWith('draft-')) await rm(path, { recursive: true, force: true })
  }
}

async function stateOfSql(): Promise<string> {
  const folders = [
    'supabase/migrations',
    'supabase/embedded',
    'supabase/embedded/storage',
    'supabase/embedded/realtime',
  ]
  const hash = createHash('sha256').update(await readFile(join(root, 'supabase/embedded/package.json')))
  for (const folder of folders) {
    const files = (await readdir(join(root, folder))).filter((name) => name.endsWith('.sql')).sort()
    for (const file of files) hash.update(file).update(await readFile(join(root, folder, file)))
  }
  return hash.digest('hex').slice(0, 16)
}
