/** How far the steps are, read from the messages: found, described, called, done or failed. */
import type { Step } from './goal.ts'
import { answered, type Outcome, type PastCall, type Talk } from './talk.ts'

export interface Progress {
  step: Step
  /** `search` and `describe` must still happen before the tool can be called. */
  state: 'search' | 'describe' | 'call' | 'done' | 'failed' | 'unavailable'
  /** The arguments for the next call, when `state` is `call`. */
  next: Record<string, unknown>
  outcome?: Outcome
}

const MAX_ATTEMPTS = 2
/** Codes after which another attempt would not help, or is for somebody else to decide. */
const final = /denied|cancel|not_found|expired|unknown_tool|unavailable/i

export function progressOf(steps: Step[], talk: Talk, offered: Set<string>): Progress[] {
  const found = new Set(answered(talk, 'tool_search').flatMap((call) => namesIn(call.outcome.data)))
  return steps.map((step) => {
    const attempts = talk.calls.filter((call) => isCallOf(call, step))
    const outcome = attempts.at(-1)?.outcome
    const next = attempts.length > 0 ? (step.corrected ?? step.arguments) : step.arguments
    if (outcome?.ok) return { step, next, state: 'done', outcome }
    if (outcome && (final.test(outcome.code) || attempts.length >= MAX_ATTEMPTS))
      return { step, next, state: 'failed', outcome }
    if (offered.has(step.tool)) return { step, next, state: 'call' }
    if (!found.has(step.tool)) return { step, next, state: canSearch(step, talk, offered) ? 'search' : 'unavailable' }
    const described = answered(talk, 'tool_describe').some((call) => namesIn(call.arguments.names).includes(step.tool))
    return { step, next, state: offered.has('tool_describe') && !described ? 'describe' : 'unavailable' }
  })
}

function canSearch(step: Step, talk: Talk, offered: Set<string>): boolean {
  return (
    offered.has('tool_search') &&
    !talk.calls.some((call) => call.name === 'tool_search' && call.arguments.query === step.query)
  )
}

function isCallOf(call: PastCall, step: Step): boolean {
  if (call.name !== step.tool) return false
  const made = JSON.stringify(call.arguments)
  return made === JSON.stringify(step.arguments) || made === JSON.stringify(step.corrected)
}

/** Names in a list of strings or of `{name}`, wherever the list is in the result. */
export function namesIn(data: unknown): string[] {
  const list = Array.isArray(data) ? data : Object.values(data ?? {}).find(Array.isArray)
  return (list ?? []).flatMap((item: unknown) => {
    const name = typeof item === 'string' ? item : (item as { name?: unknown } | null)?.name
    return typeof name === 'string' ? [name] : []
  })
}
