/** Runs, their steps and their broadcasts: shared by database, executor, functions and web app. */
import { z } from 'zod'

/** The status of a run. `waiting_for` says what a `waiting` run waits for. */
export const RunStatus = z.enum(['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'])
export type RunStatus = z.infer<typeof RunStatus>
const terminalStatuses = ['completed', 'failed', 'cancelled']
/** True if the run has ended: its status does not change any more. */
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

/** How many characters of a model's thinking a step keeps. */
export const MAX_THINKING = 20_000

/** How many characters of a message a step keeps; `conversation_messages` has all of it. */
export const MAX_MESSAGE = 20_000

/** The kinds of steps (`run_steps.kind`) and the shape of `run_steps.data` for each. Steps are appended, never changed. */
export const RunStepData = z.discriminatedUnion('kind', [
  /** The status of the run changed. A run that has ended always has a `reason`. */
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
    /** What the model thought before it answered, if its server sends it; cut to `MAX_THINKING` characters. */
    thinking: z.string().optional(),
    tool_calls: z.array(z.object({ call_id: z.string(), tool: z.string() })),
    input_tokens: z.number(),
    output_tokens: z.number(),
    cost: z.string(),
  }),
  /** The model searched for tools or asked for their descriptions: the query, and the tools that it found. */
  z.object({ kind: z.literal('lookup'), tool: z.string(), arguments: z.unknown(), found: z.array(z.string()) }),
  /** The status of a tool call changed. The first such step has `arguments`, the last one has `output` or `error`. */
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
  /** The run takes a message that a person sent while it was under way. A long text is cut to `MAX_MESSAGE` characters. */
  z.object({
    kind: z.literal('message'),
    message_id: z.string(),
    input: z.string(),
    attachments: z.array(z.object({ name: z.string(), content_type: z.string(), size: z.number() })),
    created_by: z.string().nullable(),
  }),
  /** The run asks a person: for an approval, a question of the persona, or an unknown effect. */
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

/** A row of `run_steps`, as PostgREST, the API and broadcasts send it. Its key is (run_id, seq). */
export const RunStep = z.object({
  run_id: z.string(),
  /** 1, 2, 3 … without gaps within a run. Readers use it to merge rows and broadcasts. */
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
  /** `StepsEvent`: the steps that one change of state added, in order. */
  steps: 'steps',
  /** `TokenEvent`, which is not stored. */
  tokens: 'tokens',
  /** `ToolProgressEvent`, which is not stored. */
  progress: 'progress',
  /** `PrintedEvent`, which is not stored while the call runs. */
  printed: 'printed',
} as const

export const StepsEvent = z.object({ steps: z.array(RunStep) })
export type StepsEvent = z.infer<typeof StepsEvent>

export const TokenEvent = z.object({
  llm_call_id: z.string(),
  /** Position of `text` in the text of the call, in characters. It shows which events are late or repeated. */
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

export const PrintedEvent = z.object({
  tool_run_id: z.string(),
  /** Position of `text` in what the program has printed, in characters. It shows which events are late or repeated. */
  offset: z.number().int(),
  text: z.string(),
})
export type PrintedEvent = z.infer<typeof PrintedEvent>
