/** Folds what only prepares the work (looking for tools, reading about them, planning) into one row of the timeline. Pure. */
import type { TimelineEntry } from './timeline'

export interface Plumbing {
  kind: 'plumbing'
  /** Of the first entry. It stays the same while the row grows. */
  seq: number
  at: string
  entries: TimelineEntry[]
}
export type TimelineRow = TimelineEntry | Plumbing

const preparing: Record<string, string> = {
  tool_search: 'looked for tools',
  tool_describe: 'read about tools',
  update_plan: 'updated the plan',
}

/** Neighbouring entries that only prepare the work become one row; all others stay rows of their own. */
export function foldPlumbing(entries: TimelineEntry[]): TimelineRow[] {
  const rows: TimelineRow[] = []
  for (const entry of entries) {
    const last = rows.at(-1)
    if (!isPlumbing(entry)) rows.push(entry)
    else if (last?.kind === 'plumbing') last.entries.push(entry)
    else rows.push({ kind: 'plumbing', seq: entry.seq, at: entry.at, entries: [entry] })
  }
  return rows
}

/** "Looked for tools and updated the plan" */
export function plumbingText({ entries }: Plumbing): string {
  const did = new Set(
    entries.flatMap((entry) => {
      if (entry.kind === 'lookup') return [preparing[entry.data.tool]!]
      return entry.kind === 'model' ? entry.data.tool_calls.map(({ tool }) => preparing[tool]!) : []
    }),
  )
  const sentence = new Intl.ListFormat('en').format(did)
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

const isPreparing = (tool: string) => Object.hasOwn(preparing, tool)

/** What the model said to people is never plumbing. */
function isPlumbing(entry: TimelineEntry): boolean {
  if (entry.kind === 'lookup') return isPreparing(entry.data.tool)
  if (entry.kind !== 'model') return false
  const { text, tool_calls } = entry.data
  return text === '' && tool_calls.length > 0 && tool_calls.every(({ tool }) => isPreparing(tool))
}
