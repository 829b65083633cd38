/** Resident memory of a process and of all that it has started. Linux only (`/proc`). */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { residentMB } from '../../tests/support/memory.ts'

const PAUSE_MS = 500
/** Memory is at rest after this number of measurements in a row that differ by less than `CALM`. */
const CALM_ROUNDS = 6
const CALM = 0.01
const PATIENCE_MS = 60_000

/** Megabytes, once they no longer change, or after a minute. */
export async function memoryAtRest(pid: number): Promise<number> {
  const giveUpAt = Date.now() + PATIENCE_MS
  let calm = 0
  let last = await memoryMB(pid)
  while (calm < CALM_ROUNDS && Date.now() < giveUpAt) {
    await sleep(PAUSE_MS)
    const now = await memoryMB(pid)
    calm = Math.abs(now - last) < last * CALM ? calm + 1 : 0
    last = now
  }
  return Math.round(last)
}

async function memoryMB(pid: number): Promise<number> {
  const pids = await familyOf(pid)
  // a process that ends while it is measured counts as nothing
  const residents = await Promise.all(pids.map((each) => residentMB(each).catch(() => 0)))
  return residents.reduce((sum, each) => sum + each, 0)
}

async function familyOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  )
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
  return [pid, ...(await Promise.all(children.map(familyOf))).flat()]
}
