/** Computes when a schedule starts runs, with the same library as the executor. */
import { Cron } from 'croner'
import { Problem } from '../_shared/problem.ts'

/** The next `count` times in UTC. Throws a `Problem` if the expression or the time zone is wrong. */
export function nextTimes(cron: string, timeZone: string, count: number): string[] {
  checkTimeZone(timeZone)
  const times = parse(cron, timeZone).nextRuns(count)
  if (times.length === 0) throw wrong('cron', `'${cron}' never happens`)
  return times.map((time) => time.toISOString())
}

function parse(cron: string, timeZone: string): Cron {
  try {
    // five fields: with a field for seconds, a schedule could start a run every second
    return new Cron(cron, { timezone: timeZone, mode: '5-part' })
  } catch (error) {
    throw wrong('cron', (error as Error).message.replace(/^Cron\w+: /, ''))
  }
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw wrong('time_zone', `'${timeZone}' is not a time zone. Use a name like Europe/Berlin`)
  }
}

const wrong = (path: string, message: string) => new Problem('invalid_request', undefined, [{ path, message }])
