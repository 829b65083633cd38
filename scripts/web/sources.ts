/** The sources of a build of the web app. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** The lock file stands for the libraries. */
const committed = [
  'nuxt-app/app',
  'nuxt-app/public',
  'nuxt-app/nuxt.config.ts',
  'nuxt-app/package.json',
  'nuxt-app/tsconfig.json',
  'contracts',
  'sdk',
  'package-lock.json',
]
/** What else a build on this machine depends on: its settings, what npm has really installed, and how it is built. */
const local = ['nuxt-app/.env', 'node_modules/.package-lock.json', 'scripts/build-web.ts']

/** Two states of the repository with the same digest give the same build. */
export const committedDigest = (root: string): Promise<string> => digestOf(root, committed)

/** Two states of the clone with the same digest give the same build. */
export const sourceDigest = (root: string): Promise<string> => digestOf(root, [...committed, ...local], process.version)

async function digestOf(root: string, paths: string[], begin = ''): Promise<string> {
  const hash = createHash('sha256').update(begin)
  for (const path of paths) hash.update(await treeDigest(join(root, path), isSource))
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
