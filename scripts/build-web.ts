/**
 * Takes the build of the web app that the repository contains, if it was made from these sources. Otherwise builds them if
 * they have changed since the last build, or takes the build of the same sources that another clone has kept
 * (`web/kept-builds.ts`). `npm install` and `npm start` run it. A stamp file beside the build holds the digest of the sources.
 */
import './require-node.ts'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installDevPackages } from './dev-packages.ts'
import { cacheFolder, keepBuild, takeBuild } from './web/kept-builds.ts'
import { packedDigest, unpackBuild } from './web/packed-build.ts'
import { committedDigest, sourceDigest } from './web/sources.ts'

const root = join(import.meta.dirname, '..')
const output = join(root, 'nuxt-app/.output')
const folder = join(output, 'public')
const stampFile = join(output, 'sources.sha256')
const LAST_LINES = 15

/** Returns the folder of the built app. If the build fails, rejects with the end of its output. */
export async function buildWeb(onProgress: (line: string) => void = () => {}): Promise<string> {
  const packed = await packedDigest(root)
  if (!packed) return buildSources(onProgress)
  if (!(await isBuilt(packed))) {
    await rm(stampFile, { force: true })
    await unpackBuild(root, folder)
    await writeFile(stampFile, packed)
  }
  return folder
}

/** Builds the sources, whatever the repository contains. */
export async function buildSources(onProgress: (line: string) => void = () => {}): Promise<string> {
  const digest = await sourceDigest(root)
  if (await isBuilt(digest)) return folder
  // a build that stops halfway must not look complete
  await rm(stampFile, { force: true })
  await mkdir(output, { recursive: true })
  if (await takeBuild(cacheFolder, digest, folder))
    onProgress(`the web app was built before from the same sources (taken from ${cacheFolder})`)
  else if (!(await build(digest, onProgress))) return buildSources(onProgress)
  await writeFile(stampFile, digest)
  return folder
}

/** Returns false if the sources have changed meanwhile, because then nobody knows which of them are in the build. */
async function build(digest: string, onProgress: (line: string) => void): Promise<boolean> {
  onProgress('building the web app (about half a minute) …')
  const began = performance.now()
  installDevPackages()
  await generate()
  if ((await sourceDigest(root)) !== digest) return false
  onProgress(`the web app is built (${((performance.now() - began) / 1000).toFixed(0)} s)`)
  await keepBuild(cacheFolder, digest, folder).catch((error: Error) =>
    onProgress(`the build could not be kept for other clones: ${error.message}`),
  )
  return true
}

async function isBuilt(digest: string): Promise<boolean> {
  const stamp = await readFile(stampFile, 'utf8').catch(() => '')
  return stamp === digest && existsSync(join(folder, 'index.html'))
}

/** The build does not get settings of Nuxt and Vite from the environment, because the digest does not cover them. */
function environment(buildId: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NUXT|NITRO|VITE)_/.test(name))
  return {
    ...Object.fromEntries(inherited),
    NODE_ENV: 'production',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    NUXT_TELEMETRY_DISABLED: '1',
    BUILD_ID: buildId,
  }
}

async function generate(): Promise<void> {
  const lines: string[] = []
  const buildId = (await committedDigest(root)).slice(0, 12)
  const nuxt = spawn(process.execPath, [join(root, 'node_modules/nuxt/bin/nuxt.mjs'), 'generate'], {
    cwd: join(root, 'nuxt-app'),
    env: environment(buildId),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [nuxt.stdout, nuxt.stderr]) stream.on('data', (text) => lines.push(String(text)))
  const code = await new Promise<number | null>((resolve, reject) => nuxt.on('close', resolve).on('error', reject))
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
