/** Two runs side by side: what each did, in order, and where they differ. Pure. */
import { diffArrays } from 'diff'
import type { RunStep } from '#contracts/runs'
import { type TimelineEntry, timelineOf } from '../timeline/timeline.ts'

export interface Action {
  seq: number
  kind: 'model' | 'tool' | 'lookup' | 'asked' | 'artifact'
  /** A tool's or model's name, or the question. */
  name: string
  text: string
  arguments: unknown
  result: unknown
  /** In the workspace's currency; null where nothing is paid. */
  cost: number | null
}
export type Aspect = 'name' | 'text' | 'arguments' | 'result' | 'cost'
/** One line: what both did, or what only one of them did. */
export interface Pair {
  left: Action | null
  right: Action | null
  /** In what the two differ; empty when they are the same, or when there is only one. */
  differs: Aspect[]
}

/** Compares the actions of two runs; those of `left` up to the step `after` are left out: the two share them. */
export function compareRuns(left: RunStep[], right: RunStep[], after = 0): Pair[] {
  const lefts = actionsOf(left).filter(({ seq }) => seq > after)
  const rights = actionsOf(right)
  const pairs: Pair[] = []
  let [l, r] = [0, 0]
  for (const part of diffArrays(lefts.map(keyOf), rights.map(keyOf))) {
    for (let n = 0; n < part.value.length; n++) {
      const one = part.added ? null : (lefts[l++] ?? null)
      const other = part.removed ? null : (rights[r++] ?? null)
      pairs.push({ left: one, right: other, differs: one && other ? differences(one, other) : [] })
    }
  }
  return pairs
}

/**
 * The last step of `left` that its fork `right` shares with it: the one that it was forked at; and where the fork did not
 * make that step's calls again but took their answers, what these calls did.
 */
export function sharedUntil(left: RunStep[], right: RunStep[], forkedAt: number): number {
  const firstModel = right.findIndex((step) => step.kind === 'model')
  const before = firstModel < 0 ? right : right.slice(0, firstModel)
  if (before.some((step) => step.kind === 'tool')) return forkedAt
  const next = left.find((step) => step.kind === 'model' && step.seq > forkedAt)
  return next ? next.seq - 1 : Number.POSITIVE_INFINITY
}

/** Equal keys are the same kind of thing, which may still differ in what it says. */
const keyOf = ({ kind, name }: Action) => (kind === 'tool' ? `tool ${name}` : kind)

const aspects: Aspect[] = ['name', 'text', 'arguments', 'result', 'cost']
const differences = (left: Action, right: Action) =>
  aspects.filter((aspect) => canonical(left[aspect]) !== canonical(right[aspect]))

/** The order of an object's fields says nothing. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) =>
      part && typeof part === 'object' && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ) ?? ''
  )
}

const actionsOf = (steps: RunStep[]) => timelineOf(steps).entries.flatMap((entry) => actionOf(entry) ?? [])

function actionOf(entry: TimelineEntry): Action | null {
  const nothing = { seq: entry.seq, text: '', arguments: undefined, result: undefined, cost: null }
  switch (entry.kind) {
    case 'model':
      return {
        ...nothing,
        kind: 'model',
        name: entry.data.model,
        text: entry.data.text,
        arguments: entry.data.tool_calls.map((call) => call.tool),
        cost: Number(entry.data.cost),
      }
    case 'tool':
      return {
        ...nothing,
        kind: 'tool',
        name: entry.tool,
        text: entry.status,
        arguments: entry.arguments,
        result: entry.error?.message ?? entry.output,
      }
    case 'lookup':
      return {
        ...nothing,
        kind: 'lookup',
        name: entry.data.tool,
        arguments: entry.data.arguments,
        result: entry.data.found,
      }
    case 'asked':
      return { ...nothing, kind: 'asked', name: entry.question, text: entry.answer ?? entry.decision ?? '' }
    case 'artifact':
      return { ...nothing, kind: 'artifact', name: entry.data.name, text: entry.data.content_type }
    default:
      return null
  }
}
