/** CPU time of a PostgreSQL server and all its processes, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

const MS_PER_TICK = 10

/** Milliseconds since the server started. Processes that have ended are included in the postmaster that reaped them. */
export function serverCpuMs(postmaster: number): number {
  let ticks = 0
  for (const pid of readdirSync('/proc')) {
    const fields = /^\d+$/.test(pid) ? statOf(pid) : undefined
    if (!fields) continue
    const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number) as [number, number, number, number]
    if (Number(pid) === postmaster) ticks += utime + stime + cutime + cstime
    else if (Number(fields[1]) === postmaster) ticks += utime + stime
  }
  return ticks * MS_PER_TICK
}

/** The fields of /proc/<pid>/stat from the third (state) on; undefined if the process has ended. */
function statOf(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
