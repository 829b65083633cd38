/** The sources of a build of the web app. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** The lock files stand for the libraries: one says what should be installed, the other what npm has installed. */
const sources = [
  'nuxt-app/app',
  'nuxt-app/public',
  'nuxt-app/nuxt.config.ts',
  'nuxt-app/package.json',
  'nuxt-app/tsconfig.json',
  'nuxt-app/.env',
  'contracts',
  'sdk',
  'package-lock.json',
  'node_modules/.package-lock.json',
  'scripts/build-web.ts',
]

/** Two states of the clone with the same digest give the same build. */
export async function sourceDigest(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.version)
  for (const path of sources) hash.update(await treeDigest(join(root, path), isSource))
  return hash.digest('hex')
}

/** The digest of one file, or of the names and contents of all files in a folder. A missing path has a digest too. */
export async function treeDigest(path: string, counts: (file: string) => boolean = () => true): Promise<string> {
  const hash = createHash('sha256')
  for (const file of await filesIn(path)) {
    const name = relative(path, file)
    if (!counts(name)) continue
    const content = createHash('sha256').update(await readFile(file))
    hash.update(JSON.stringify([name, content.digest('hex')]))
  }
  return hash.digest('hex')
}

const isSource = (file: string) => !file.endsWith('.test.ts') && !file.split('/').includes('node_modules')

async function filesIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return [path]
    if (code === 'ENOENT') return []
    throw error
  }
}
