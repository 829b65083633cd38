/** Limits a group of processes by cgroup v2 or v1, for drivers that have no daemon to do it. */

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rmdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxSpec } from '../../../contracts/sandbox.ts'

const ROOT = '/sys/fs/cgroup'
const OURS = 'persona-platform'
const CONTROLLERS = ['memory', 'pids', 'cpu']
const STALE_MS = 60_000
const PERIOD_US = 100_000

export interface Cgroup {
  /** A process joins by writing its id to each of these files. */
  joinFiles: string[]
  /** Removes the group once its processes are gone. */
  remove(): Promise<void>
}

/** Makes a new group. Returns undefined where this process may not make one, as an ordinary user or in a container. */
export async function makeCgroup(name: string, limits: SandboxSpec['limits']): Promise<Cgroup | undefined> {
  const unique = `${name}-${randomBytes(4).toString('hex')}`
  try {
    return isV2() ? await makeV2(unique, limits) : await makeV1(unique, limits)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code && ['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ENOENT', 'ENOTSUP'].includes(code)) return undefined
    throw error
  }
}

const isV2 = () => existsSync(join(ROOT, 'cgroup.controllers'))

/** Removes the groups that killed executors left. The kernel refuses to remove a group that still holds a process. */
export async function removeEmptyCgroups(): Promise<void> {
  const parents = isV2() ? [join(ROOT, OURS)] : CONTROLLERS.map((controller) => join(ROOT, controller, OURS))
  for (const parent of parents) {
    for (const entry of await readdir(parent, { withFileTypes: true }).catch(() => [])) {
      if (!entry.isDirectory()) continue
      const folder = join(parent, entry.name)
      const made = (await stat(folder)).mtimeMs
      if (Date.now() - made > STALE_MS) await rmdir(folder).catch(() => {})
    }
  }
}

async function makeV2(name: string, { memoryMb, processes, cpus }: SandboxSpec['limits']): Promise<Cgroup> {
  const parent = join(ROOT, OURS)
  const folder = join(parent, name)
  const controllers = CONTROLLERS.map((controller) => `+${controller}`).join(' ')
  await writeFile(join(ROOT, 'cgroup.subtree_control'), controllers)
  await mkdir(parent, { recursive: true })
  await writeFile(join(parent, 'cgroup.subtree_control'), controllers)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'memory.max'), `${memoryMb}M`)
  await writeFile(join(folder, 'memory.swap.max'), '0').catch(ignoreMissing)
  await writeFile(join(folder, 'pids.max'), `${processes}`)
  await writeFile(join(folder, 'cpu.max'), `${Math.round(cpus * PERIOD_US)} ${PERIOD_US}`)
  return cgroup([folder])
}

async function makeV1(name: string, { memoryMb, processes, cpus }: SandboxSpec['limits']): Promise<Cgroup> {
  const folders = CONTROLLERS.map((controller) => join(ROOT, controller, OURS, name))
  const [memory, pids, cpu] = folders as [string, string, string]
  for (const folder of folders) {
    if (!existsSync(join(folder, '../../cgroup.procs')))
      throw Object.assign(new Error('no cgroups'), { code: 'ENOENT' })
    await mkdir(folder, { recursive: true })
  }
  await writeFile(join(memory, 'memory.limit_in_bytes'), `${memoryMb}M`)
  await writeFile(join(memory, 'memory.memsw.limit_in_bytes'), `${memoryMb}M`).catch(ignoreMissing)
  await writeFile(join(pids, 'pids.max'), `${processes}`)
  await writeFile(join(cpu, 'cpu.cfs_period_us'), `${PERIOD_US}`)
  await writeFile(join(cpu, 'cpu.cfs_quota_us'), `${Math.round(cpus * PERIOD_US)}`)
  return cgroup(folders)
}

function cgroup(folders: string[]): Cgroup {
  return {
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    async remove() {
      for (const folder of folders) await removeEmpty(folder)
    },
  }
}

/** The kernel releases a group a moment after its last process has ended. */
async function removeEmpty(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      return await rmdir(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return
      await sleep(20)
    }
  }
}

/** A kernel without swap accounting has no such file, and then there is nothing to limit. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error
}
