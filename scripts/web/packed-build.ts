/**
 * The build of the web app that the repository contains, so that nobody has to install what builds it. `npm run web:pack`
 * makes it; `npm run check:web-pack` fails when it is not the build of the sources.
 */
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import { committedDigest } from './sources.ts'

const run = promisify(execFile)
const ARCHIVE = 'nuxt-app/built/app.tar.gz'
const DIGEST = 'nuxt-app/built/sources.sha256'
/** The same files give the same archive, whoever packs them, and whenever. */
const REPRODUCIBLE = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX']

/** The digest of the sources whose build is packed; undefined if they are others than those in the repository now. */
export async function packedDigest(root: string): Promise<string | undefined> {
  const packed = await readFile(join(root, DIGEST), 'utf8').catch(() => '')
  return packed.trim() === (await committedDigest(root)) ? packed.trim() : undefined
}

/** Puts the packed build into the folder `into`, in the place of what is there. */
export async function unpackBuild(root: string, into: string): Promise<void> {
  await mkdir(dirname(into), { recursive: true })
  const part = await mkdtemp(`${into}-part-`)
  try {
    await run('tar', ['-xzf', join(root, ARCHIVE), '-C', part])
    await rm(into, { recursive: true, force: true })
    await rename(part, into)
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

/** Packs the build in the folder `from`. */
export async function packBuild(root: string, from: string): Promise<void> {
  await mkdir(dirname(join(root, ARCHIVE)), { recursive: true })
  const tarball = join(root, `${ARCHIVE}.part`)
  await run('tar', [...REPRODUCIBLE, '-cf', tarball, '-C', from, '.'])
  await pipeline(createReadStream(tarball), createGzip({ level: 9 }), createWriteStream(join(root, ARCHIVE)))
  await rm(tarball)
  await writeFile(join(root, DIGEST), `${await committedDigest(root)}\n`)
}
