import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const MB = 1024 * 1024
const BLOCK_BYTES = 512

/** The disk space of all folders called `name` below `folder`, in MB. A file that has several names counts once. */
export async function sizeInMB(folder: string, name: string): Promise<number> {
  const seen = new Set<number>()
  return Math.round((await bytesBelow(folder, name, false, seen)) / MB)
}

async function bytesBelow(folder: string, name: string, counts: boolean, seen: Set<number>): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await bytesBelow(path, name, counts || entry.name === name, seen)
    else if (counts) bytes += await bytesOf(path, seen)
  }
  return bytes
}

async function bytesOf(path: string, seen: Set<number>): Promise<number> {
  const { ino, blocks } = await lstat(path)
  if (seen.has(ino)) return 0
  seen.add(ino)
  return blocks * BLOCK_BYTES
}
