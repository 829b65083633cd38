/** Finds the files that a program made or changed, by comparing size and modification time before and after. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isPrivate } from '../kit/workspace.ts'

const MAX_FILES = 5000
const MAX_REPORTED = 50

export type Snapshot = Map<string, string>

/** Looks at `MAX_FILES` entries at most, so that a huge workspace does not slow down every program. */
export async function snapshot(workspace: string): Promise<Snapshot> {
  const found: Snapshot = new Map()
  const pending = ['']
  for (let folder = pending.shift(); folder !== undefined && found.size < MAX_FILES; folder = pending.shift()) {
    const entries = await readdir(join(workspace, folder), { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (isPrivate(path)) continue
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile()) found.set(path, await fingerprint(join(workspace, path)))
    }
  }
  return found
}

export function changedFiles(before: Snapshot, after: Snapshot): string[] {
  const changed = [...after].filter(([path, print]) => before.get(path) !== print).map(([path]) => path)
  return changed.sort().slice(0, MAX_REPORTED)
}

async function fingerprint(path: string): Promise<string> {
  const stat = await lstat(path).catch(() => undefined)
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'gone'
}
