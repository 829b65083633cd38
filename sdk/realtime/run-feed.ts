/**
 * The steps of a run as a page knows them: rows and broadcasts, merged without gaps or duplicates. All functions are pure:
 * they return a new feed and do not change the old one.
 */
import { ownValue } from '../../contracts/own-value.ts'
import {
  isTerminal,
  type PrintedEvent,
  type RunStep,
  type TokenEvent,
  type ToolProgressEvent,
} from '../../contracts/runs.ts'
import { addPiece, newest, type StreamedText } from './streamed-text.ts'

export interface RunFeed {
  /** Steps 1, 2, 3 … without a gap. */
  steps: RunStep[]
  /** Steps that arrived while an earlier one is still missing, by `seq`. */
  ahead: Map<number, RunStep>
  /** The text of the model call that is streaming now; null between calls. */
  streaming: { llmCallId: string; text: StreamedText } | null
  /** The latest progress of each running tool call, by `tool_run_id`. */
  progress: Map<string, ToolProgressEvent>
  /** The end of what the program of each running tool call has printed, by `tool_run_id`. */
  printed: Map<string, StreamedText>
}

export const emptyFeed = (): RunFeed => ({
  steps: [],
  ahead: new Map(),
  streaming: null,
  progress: new Map(),
  printed: new Map(),
})

/** The feed has all steps up to this `seq`; the next to read are `seq > lastSeq`. */
export const lastSeq = (feed: RunFeed) => feed.steps.length

/** True if an earlier step is missing, so that the rows must be read again. */
export const hasGap = (feed: RunFeed) => feed.ahead.size > 0

/** Merges steps from rows or broadcasts. They may be in any order and already known. */
export function addSteps(feed: RunFeed, arrived: RunStep[]): RunFeed {
  const ahead = new Map(feed.ahead)
  for (const step of arrived) if (step.seq > lastSeq(feed)) ahead.set(step.seq, step)
  const steps = [...feed.steps]
  for (let next = ahead.get(steps.length + 1); next; next = ahead.get(steps.length + 1)) {
    steps.push(next)
    ahead.delete(next.seq)
  }
  const added = steps.slice(feed.steps.length)
  return {
    steps,
    ahead,
    streaming: streamAfter(feed.streaming, added),
    progress: runningAfter(feed.progress, added),
    printed: runningAfter(feed.printed, added),
  }
}

/** Adds a piece of the model's text. Drops pieces of calls that have ended, and of calls before the newest one. */
export function addTokens(feed: RunFeed, event: TokenEvent): RunFeed {
  const newest = feed.streaming?.llmCallId ?? ''
  // ids are UUIDv7: a later call has a greater id
  if (event.llm_call_id < newest || feed.steps.some((step) => endsCall(step, event.llm_call_id))) return feed
  const text = event.llm_call_id === newest ? feed.streaming!.text : []
  return { ...feed, streaming: { llmCallId: event.llm_call_id, text: addPiece(text, event) } }
}

/** Stores the progress of a tool call. */
export function addProgress(feed: RunFeed, event: ToolProgressEvent): RunFeed {
  return { ...feed, progress: new Map(feed.progress).set(event.tool_run_id, event) }
}

/** Adds a piece of what the program of a tool call prints. */
export function addPrinted(feed: RunFeed, event: PrintedEvent): RunFeed {
  const text = newest(addPiece(feed.printed.get(event.tool_run_id) ?? [], event))
  return { ...feed, printed: new Map(feed.printed).set(event.tool_run_id, text) }
}

/** The latest status of the run; null before the first step. */
export function statusOf(feed: RunFeed): string | null {
  const step = feed.steps.findLast((step) => step.kind === 'status')
  return step ? String(field(step, 'to')) : null
}

const field = (step: RunStep, name: string) => ownValue((step.data ?? {}) as Record<string, unknown>, name)

const endsRun = (step: RunStep) => step.kind === 'status' && isTerminal(String(field(step, 'to')))

/** A call has ended if there is a step for it or for a later call, or if the run has ended. */
const endsCall = (step: RunStep, llmCallId: string) =>
  endsRun(step) || (step.kind === 'model' && String(field(step, 'llm_call_id')) >= llmCallId)

/** A notice means that the attempt failed, so its streamed text is dropped. */
function streamAfter(streaming: RunFeed['streaming'], added: RunStep[]): RunFeed['streaming'] {
  if (!streaming) return null
  const ended = added.some((step) => step.kind === 'notice' || endsCall(step, streaming.llmCallId))
  return ended ? null : streaming
}

/** What is known of the tool calls that still run. */
function runningAfter<T>(known: Map<string, T>, added: RunStep[]): Map<string, T> {
  const ended = added.filter((step) => step.kind === 'tool' && field(step, 'status') !== 'started')
  if (ended.length === 0) return known
  const left = new Map(known)
  for (const step of ended) left.delete(String(field(step, 'tool_run_id')))
  return left
}
