/**
 * Builds the web app if its sources have changed since the last build. `npm install` and `npm start` run it.
 * A stamp file beside the build contains the hash of the sources.
 */
import './require-node.ts'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const output = join(root, 'nuxt-app/.output')
const stampFile = join(output, 'sources.sha256')
/** The sources of the build; `package-lock.json` represents the libraries. */
const sources = [
  'nuxt-app/app',
  'nuxt-app/public',
  'nuxt-app/nuxt.config.ts',
  'nuxt-app/package.json',
  'contracts',
  'sdk',
  'package-lock.json',
]
const LAST_LINES = 15

/** Returns the folder of the built app. If the build fails, rejects with the end of its output. */
export async function buildWeb(onProgress: (line: string) => void = () => {}): Promise<string> {
  const folder = join(output, 'public')
  const hash = await hashOf(sources)
  if (existsSync(join(folder, 'index.html')) && (await stamp()) === hash) return folder
  onProgress('building the web app (about half a minute) …')
  const began = performance.now()
  await generate()
  await writeFile(stampFile, hash)
  onProgress(`the web app is built (${((performance.now() - began) / 1000).toFixed(0)} s)`)
  return folder
}

const stamp = () => readFile(stampFile, 'utf8').catch(() => '')

async function hashOf(paths: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    for (const file of await filesIn(path)) hash.update(`${file}\0`).update(await readFile(join(root, file)))
  }
  return hash.digest('hex')
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true, recursive: true }).catch(() => null)
  if (!entries) return [path]
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

async function generate(): Promise<void> {
  const lines: string[] = []
  const build = spawn(process.execPath, [join(root, 'node_modules/nuxt/bin/nuxt.mjs'), 'generate'], {
    cwd: join(root, 'nuxt-app'),
    env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', FORCE_COLOR: '0', NUXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [build.stdout, build.stderr]) stream.on('data', (text) => lines.push(String(text)))
  const code = await new Promise<number | null>((resolve, reject) => build.on('close', resolve).on('error', reject))
  if (code === 0) return
  const last = lines.join('').trimEnd().split('\n').slice(-LAST_LINES).join('\n')
  throw new Error(`The web app could not be built (npm run build -w nuxt-app):\n${last}`)
}

if (import.meta.main) {
  try {
    await buildWeb((line) => console.log(line))
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}
