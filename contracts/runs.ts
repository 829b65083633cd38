/** Runs, their steps and their broadcasts: shared by database, executor, functions and web app. */
import { z } from 'zod'

/** See DESIGN 4. `waiting_for` says what a `waiting` run waits for. */
export const RunStatus = z.enum(['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'])
export type RunStatus = z.infer<typeof RunStatus>
const terminalStatuses = ['completed', 'failed', 'cancelled']
/** A run in one of these states does not change any more. */
export const isTerminal = (status: string) => terminalStatuses.includes(status)

export const WaitingFor = z.enum(['tools', 'approval', 'human'])
export type WaitingFor = z.infer<typeof WaitingFor>

export const ToolRunStatus = z.enum([
  'queued',
  'awaiting_approval',
  'denied',
  'started',
  'succeeded',
  'failed',
  'unknown',
  'cancelled',
])
export type ToolRunStatus = z.infer<typeof ToolRunStatus>

export const Lane = z.enum(['interactive', 'normal', 'background'])
export type Lane = z.infer<typeof Lane>

export const PlanItem = z.object({ title: z.string(), status: z.enum(['pending', 'active', 'done']) })
export type PlanItem = z.infer<typeof PlanItem>

/** Characters of a model's thinking that a step keeps. */
export const MAX_THINKING = 20_000

/** `run_steps.kind` and the shape of `run_steps.data` for each. Steps are appended, never changed. */
export const RunStepData = z.discriminatedUnion('kind', [
  /** The run's state changed. Every terminal state has a `reason`. */
  z.object({
    kind: z.literal('status'),
    from: RunStatus.nullable(),
    to: RunStatus,
    waiting_for: WaitingFor.nullish(),
    reason: z.string().nullish(),
  }),
  z.object({ kind: z.literal('plan'), items: z.array(PlanItem) }),
  /** One finished model call. `cost` is a decimal string, in the workspace's currency. */
  z.object({
    kind: z.literal('model'),
    llm_call_id: z.string(),
    model: z.string(),
    text: z.string(),
    /** What the model thought before it answered, if its server tells; cut to `MAX_THINKING` characters. */
    thinking: z.string().optional(),
    tool_calls: z.array(z.object({ call_id: z.string(), tool: z.string() })),
    input_tokens: z.number(),
    output_tokens: z.number(),
    cost: z.string(),
  }),
  /** The model searched the registry, or had tools described: the query and what it found. */
  z.object({ kind: z.literal('lookup'), tool: z.string(), arguments: z.unknown(), found: z.array(z.string()) }),
  /** A tool call changed its state. The first change has `arguments`, the last has `output` or `error`. */
  z.object({
    kind: z.literal('tool'),
    tool_run_id: z.string(),
    call_id: z.string(),
    tool: z.string(),
    status: ToolRunStatus,
    attempt: z.number(),
    arguments: z.unknown().optional(),
    output: z.unknown().optional(),
    error: z.object({ code: z.string(), message: z.string() }).nullish(),
  }),
  z.object({
    kind: z.literal('artifact'),
    artifact_id: z.string(),
    name: z.string(),
    content_type: z.string(),
    size: z.number(),
  }),
  /** A person is asked (approval, question, unknown effect). */
  z.object({ kind: z.literal('asked'), approval_id: z.string(), about: z.string(), question: z.string() }),
  z.object({
    kind: z.literal('answered'),
    approval_id: z.string(),
    decision: z.string(),
    answer: z.string().nullish(),
  }),
  /** Something failed and will be tried again, or was resumed after a crash. */
  z.object({ kind: z.literal('notice'), code: z.string(), message: z.string() }),
])
export type RunStepData = z.infer<typeof RunStepData>

/** A row of `run_steps`, as PostgREST, the API and the broadcast return it; (run_id, seq) is its key. */
export const RunStep = z.object({
  run_id: z.string(),
  /** 1, 2, 3 … without gaps within a run; a late reader merges rows and broadcasts by it. */
  seq: z.number().int(),
  kind: z.string(),
  data: z.unknown(),
  duration_ms: z.number().nullable(),
  created_at: z.string(),
})
export type RunStep = z.infer<typeof RunStep>

/** The private Realtime topic of a run. */
export const runTopic = (runId: string) => `run:${runId}`

/** Broadcast events on a run's topic. */
export const runEvents = {
  /** What one change of state added to `run_steps`, in order: `StepsEvent`. */
  steps: 'steps',
  /** Unsaved: `TokenEvent`. */
  tokens: 'tokens',
  /** Unsaved: `ToolProgressEvent`. */
  progress: 'progress',
} as const

export const StepsEvent = z.object({ steps: z.array(RunStep) })
export type StepsEvent = z.infer<typeof StepsEvent>

export const TokenEvent = z.object({
  llm_call_id: z.string(),
  /** Position of `text` in the call's stream, in characters; it reveals late and repeated events. */
  offset: z.number().int(),
  text: z.string(),
})
export type TokenEvent = z.infer<typeof TokenEvent>

export const ToolProgressEvent = z.object({
  tool_run_id: z.string(),
  message: z.string(),
  fraction: z.number().nullish(),
})
export type ToolProgressEvent = z.infer<typeof ToolProgressEvent>
