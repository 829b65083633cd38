/** The disturbances of the platform, one function each. Runs are always under way. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CrashPoint, crashPoints } from '../../executor/engine/crash-points.ts'
import { owner } from '../runs/support/platform.ts'
import { patiently } from './patience.ts'
import { type Chaos, LEASE_SECONDS } from './setup.ts'

const WORKERS = 3
const POINT_SECONDS = 120
/** A worker ends within 40 s (executor/worker.ts). */
const STOP_SECONDS = 42

/** Lets a worker die once at every crash point. Returns the points that no worker reached. */
export async function crashEverywhere(
  chaos: Chaos,
  points: readonly CrashPoint[] = crashPoints,
): Promise<CrashPoint[]> {
  // webhooks and mails come back only after their lease of a minute, so their points come first
  const isDelivery = (point: CrashPoint) => /^(mail|webhook)\./.test(point)
  const open = [...points.filter(isDelivery), ...points.filter((point) => !isDelivery(point))]
  const missed: CrashPoint[] = []
  const lane = async () => {
    for (let point = open.shift(); point; point = open.shift()) {
      if (!(await crashAt(chaos, point))) missed.push(point)
    }
  }
  const isDone = new AbortController()
  const schedules = keepSchedulesDue(chaos, isDone.signal)
  await Promise.all(Array.from({ length: WORKERS }, lane))
  isDone.abort()
  await schedules
  return missed
}

async function crashAt(chaos: Chaos, point: CrashPoint): Promise<boolean> {
  const worker = chaos.fleet.start({ PERSONA_CRASH_POINT: point })
  const end = await Promise.race([worker.ended, sleep(POINT_SECONDS * 1000, 'late' as const, { ref: false })])
  if (end === 'SIGKILL') {
    chaos.kills += 1
    await chaos.recovery.workerDied(worker.name, new Date())
    chaos.say(`        ${point}`)
    return true
  }
  chaos.say(`  ${point} was not reached: ${end}`)
  worker.signal('SIGTERM')
  return false
}

/** Makes a schedule due again and again, each time at a new second. */
async function keepSchedulesDue({ platform, load }: Chaos, stopping: AbortSignal): Promise<void> {
  const definition = { name: 'Chaos', cron: '* * * * *', input: 'On time.', next_at: new Date(Date.now() + 1000) }
  const { id } = await platform.asUser<{ id: string }>(owner, 'save_schedule(persona_id => $1, definition => $2)', [
    load.personas[0],
    JSON.stringify(definition),
  ])
  while (!stopping.aborted) {
    await sleep(1_000)
    await patiently(() =>
      platform.query("update schedules set next_at = date_trunc('second', now()) where id = $1 and next_at > now()", [
        id,
      ]),
    )
  }
  await patiently(() => platform.query('update schedules set is_paused = true where id = $1', [id]))
}

/** Sends SIGKILL to random workers at random moments. */
export async function killAtRandom(chaos: Chaos, kills: number): Promise<void> {
  const { fleet, random, recovery } = chaos
  await fleet.resize(WORKERS)
  for (let done = 0; done < kills; done++) {
    await sleep(random.between(100, 900))
    await fleet.untilReady(2)
    const victim = random.pick(fleet.ready)
    if (!victim) continue
    const at = new Date()
    victim.signal('SIGKILL')
    await victim.ended
    chaos.kills += 1
    await recovery.workerDied(victim.name, at)
    if ((done + 1) % 20 === 0) chaos.say(`  ${done + 1} kills, ${chaos.load.accepted.length} runs`)
  }
}

/** Pauses a worker for longer than its lease, and then lets it continue. */
export async function pauseAtRandom({ fleet, random }: Chaos, pauses: number): Promise<void> {
  await fleet.resize(WORKERS)
  for (let done = 0; done < pauses; done++) {
    await sleep(random.between(200, 1_000))
    const victim = random.pick(fleet.ready)
    victim?.signal('SIGSTOP')
    await sleep((LEASE_SECONDS + random.between(0.5, 2)) * 1000)
    victim?.signal('SIGCONT')
  }
}

/** Breaks every connection to the database. */
export async function dropConnections({ platform, random }: Chaos, times: number): Promise<void> {
  for (let done = 0; done < times; done++) {
    await sleep(random.between(300, 1_500))
    await patiently(() =>
      platform.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      ),
    )
  }
}

/** Kills PostgreSQL (`kill -9`) under load, and starts it on the same data. */
export async function killDatabase(chaos: Chaos, times: number): Promise<void> {
  for (let done = 0; done < times; done++) {
    await sleep(chaos.random.between(1_000, 2_500))
    const at = new Date()
    await chaos.postgres.kill9()
    chaos.kills += 1
    await sleep(chaos.random.between(100, 1_500))
    await chaos.postgres.restart()
    await chaos.recovery.databaseDied(at)
  }
}

/** Adds a worker, removes one, then replaces each by SIGTERM. Returns the workers that did not stop properly. */
export async function replaceWorkers({ fleet }: Chaos): Promise<string[]> {
  await fleet.resize(WORKERS + 1)
  await fleet.resize(WORKERS)
  const bad: string[] = []
  for (const worker of fleet.ready) {
    const began = Date.now()
    worker.signal('SIGTERM')
    const end = await Promise.race([worker.ended, sleep(STOP_SECONDS * 1000, 'late' as const, { ref: false })])
    if (end !== 0) bad.push(`${worker.name} ended with ${end} after ${Date.now() - began} ms`)
    await fleet.untilReady(WORKERS - 1)
  }
  return bad
}

/** Waits until every run has ended, for `seconds` at most. */
export async function untilQuiet({ platform }: Chaos, seconds: number): Promise<void> {
  const giveUpAt = Date.now() + seconds * 1000
  while (Date.now() < giveUpAt) {
    const [row] = await patiently(() =>
      platform.query<{ live: number; waiting: number }>(
        `select (select count(*) from runs where status in ('queued', 'running', 'waiting')) as live,
           (select count(*) from pgmq.q_mail) + (select count(*) from pgmq.q_webhooks) as waiting`,
      ),
    )
    if (row?.live === 0 && row.waiting === 0) return
    await sleep(250)
  }
}
