/**
 * Builds of the web app that are kept outside of the clone, so that another clone with the same sources does not build.
 * They are in the folder of `tests/support/cache.sh`, and their names hold the digest of their sources. A build gets its
 * name only when it is complete, and it is used only if its content is unchanged.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { treeDigest } from './sources.ts'

const KEPT = 5
const PREFIX = 'web-'

export const cacheFolder = process.env.PERSONA_TEST_CACHE || join(homedir(), '.cache/persona-platform')

/** Replaces the folder `into` by the kept build of these sources. Returns false if there is none. */
export async function takeBuild(cache: string, digest: string, into: string): Promise<boolean> {
  const kept = join(cache, PREFIX + digest)
  const expected = await readFile(join(kept, 'content.sha256'), 'utf8').catch(() => null)
  if (expected === null) return false
  await rm(into, { recursive: true, force: true })
  await cp(join(kept, 'public'), into, { recursive: true })
  if ((await treeDigest(into)) !== expected) {
    await Promise.all([into, kept].map((damaged) => rm(damaged, { recursive: true, force: true })))
    return false
  }
  await utimes(kept, new Date(), new Date())
  return true
}

/** Keeps the build in the folder `from`, and removes the builds that were unused for the longest time. */
export async function keepBuild(cache: string, digest: string, from: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const part = await mkdtemp(join(cache, 'part-web-'))
  try {
    await cp(from, join(part, 'public'), { recursive: true })
    await writeFile(join(part, 'content.sha256'), await treeDigest(join(part, 'public')))
    await rename(part, join(cache, PREFIX + digest))
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    // another process has kept the same build meanwhile
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  await forgetOld(cache)
}

async function forgetOld(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => /^web-[0-9a-f]{64}$/.test(name))
  const builds = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(cache, name))).mtimeMs })))
  const old = builds.sort((a, b) => b.at - a.at).slice(KEPT)
  await Promise.all(old.map(({ name }) => rm(join(cache, name), { recursive: true, force: true })))
}
