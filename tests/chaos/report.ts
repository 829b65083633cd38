/** Compares the database's records with what happened in the external world. */
import { isTerminal } from '../../contracts/runs.ts'
import { brokenChains } from '../support/audit-log.ts'
import { percentile } from './recovery.ts'
import type { Chaos } from './setup.ts'

/** What runs made of a message: how often they said that they took it, and how often their last checkpoint has it. */
interface MessageRow {
  id: string
  input: string
  is_first: boolean
  /** The run ended before it could save the message. */
  is_unsaved: boolean
  told: number
  data: string | null
}

const MESSAGES = `
  select m.id, m.input, m.id = m.run_id as is_first, coalesce(m.taken_segment >= r.segment, true) as is_unsaved,
    (select count(*)::int from run_steps s where s.kind = 'message' and s.data ->> 'message_id' = m.id::text) as told, c.data
  from conversation_messages m join runs r on r.id = m.run_id
  left join platform.checkpoints c on c.run_id = r.id and c.checkpoint_id = r.checkpoint_id
  where m.input like 'Message %'`

/** Messages that no run has taken, or that one has taken twice. */
function badMessages(rows: MessageRow[], accepted: Chaos['load']['messages']): string[] {
  const known = new Map(rows.map((row) => [row.id, row]))
  return accepted.flatMap(({ id, input }) => {
    const row = known.get(id)
    if (!row) return `lost: message ${id}`
    const times = row.data === null ? 0 : row.data.split(`"content":"${input}"`).length - 1
    if (row.told !== (row.is_first ? 0 : 1)) return `message ${id} was told ${row.told} times`
    return times === 1 || (row.is_unsaved && times === 0) ? [] : `message ${id} is in the checkpoint ${times} times`
  })
}

/** The last line of the output. */
export interface Result {
  runs: number
  completed: number
  lost: number
  doubled: number
  unknown: number
  stuck: number
  recovery_ms_p95: number
  kills: number
  seed: number
}

export interface Report {
  result: Result
  rows: [string, string | number][]
  /** Everything that must not happen. Empty if all is well. */
  faults: string[]
}

interface RunRow {
  id: string
  status: string
  reason: string | null
  asks: boolean
  is_whole: boolean
}

export async function report(chaos: Chaos, seed: number): Promise<Report> {
  const { platform, world, load, person, recovery, stuck } = chaos
  const { query } = platform
  const rows = await query<RunRow>(
    `select r.id, r.status, r.reason,
       exists (select from approvals a where a.run_id = r.id and a.status = 'pending') as asks,
       (select count(*) = r.step_count and coalesce(max(s.seq), 0) = r.step_count from run_steps s where s.run_id = r.id) as is_whole
     from runs r`,
  )
  const known = new Set(rows.map(({ id }) => id))
  const vanished = load.accepted.filter((id) => !known.has(id))
  const lost = rows.filter((run) => !isEnded(run) && !run.asks).map(({ id }) => id)
  const failed = rows.filter(({ status }) => status === 'failed')
  const doubled = [...world.effects].filter(([, times]) => times > 1).map(([id]) => id)
  const succeeded = await query<{ id: string }>(
    "select id from tool_runs where effect = 'effect' and status = 'succeeded' and tool_name <> 'ask_human'",
  )
  const missing = succeeded.map(({ id }) => id).filter((id) => !world.effects.has(id))
  const times = await recovery.times()
  const seconds = (share: number) => `${(percentile(times, share) / 1000).toFixed(1)} s`
  const result: Result = {
    runs: rows.length,
    completed: rows.filter(({ status }) => status === 'completed').length,
    lost: lost.length + vanished.length,
    doubled: doubled.length,
    unknown: person.unknown.done + person.unknown.do_again,
    stuck: stuck.runs.size,
    recovery_ms_p95: percentile(times, 0.95),
    kills: chaos.kills,
    seed,
  }
  const broken = rows.filter((run) => !run.is_whole)
  const wrongMessages = badMessages(await query<MessageRow>(MESSAGES), load.messages)
  const faults = [
    ...[...lost, ...vanished].map((id) => `lost: run ${id}`),
    ...doubled.map((id) => `doubled: call ${id}`),
    ...missing.map((id) => `recorded as done, but not done: call ${id}`),
    ...[...stuck.runs].map((id) => `stuck: run ${id}`),
    ...broken.map(({ id }) => `gaps in the timeline of run ${id}`),
    ...wrongMessages,
    ...(await brokenChains(query)),
  ]
  return {
    result,
    faults,
    rows: [
      ['runs started', result.runs],
      ['runs completed', result.completed],
      ['runs failed', failed.length === 0 ? 0 : `${failed.length} (${reasons(failed)})`],
      ['runs lost', result.lost],
      ['effects done', world.effects.size],
      ['effects doubled', result.doubled],
      ['effects recorded, but not done', missing.length],
      ['effects unknown, so that a person was asked', `${result.unknown} (${person.unknown.done} had happened)`],
      ['messages to runs; of these lost or doubled', `${load.messages.length}, ${wrongMessages.length}`],
      ['runs stuck for a minute', result.stuck],
      ['timelines with gaps', broken.length],
      ['idempotent calls sent more than once', [...world.puts.values()].filter((sent) => sent > 1).length],
      ['webhooks delivered; of these, more than once', `${world.webhooks.size}, ${repeated(world.webhooks)}`],
      ['notices by mail; of these, more than once', `${world.notices.size}, ${repeated(world.notices)}`],
      ['processes killed', result.kills],
      ['recovery p50, p95', `${seconds(0.5)}, ${seconds(0.95)} (of ${times.length})`],
    ],
  }
}

const isEnded = ({ status }: RunRow) => isTerminal(status)
const repeated = (counts: Map<string, number>) => [...counts.values()].filter((times) => times > 1).length

function reasons(failed: RunRow[]): string {
  const counts = new Map<string, number>()
  for (const { reason } of failed) counts.set(reason ?? 'none', (counts.get(reason ?? 'none') ?? 0) + 1)
  return [...counts].map(([reason, times]) => `${times} ${reason}`).join(', ')
}

export function table(rows: Report['rows']): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}
