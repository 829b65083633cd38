/** The shapes that the SQL functions of the state machine take and return. */
import type { LeaveOut } from '../../contracts/api.ts'
import type { PlanItem, ToolRunStatus } from '../../contracts/runs.ts'
import type { SecretPlace } from '../../contracts/sealed-secret.ts'
import type { ToolEffect, ToolPlace } from '../../contracts/tool.ts'
import type { StoredPart } from '../../contracts/tool-parts.ts'

export interface SealedSecret extends SecretPlace {
  key_id: string
  /** Base64. */
  ciphertext: string
  /** Base64. */
  nonce: string
}

/** A model that a persona may call. One without `base_url` is the installation's own. */
export interface UsableModel {
  provider: string
  model: string
  base_url?: string
  sees_images?: boolean
  /** What its server refuses. */
  leave_out?: LeaveOut[]
  api_key?: SealedSecret | null
}

/** A model call whose worst-case cost is reserved, with its limits in tokens. */
export interface ReservedCall {
  llm_call_id: string
  input_tokens: number
  max_output_tokens: number
}

/** What a model call takes in and gives out, in tokens. */
export interface Usage {
  inputTokens: number
  outputTokens: number
}

/** Settings of a persona's models; `ClaimedRun.models` lists the models themselves. */
export interface PersonaModel {
  temperature?: number
  max_output_tokens?: number
}

export interface Attachment {
  name: string
  /** In the bucket `attachments`. */
  path: string
  content_type: string
  size: number
}

/** What a person said. */
export interface UserMessage {
  /** The message that a run begins with has the id of the run. */
  id: string
  input: string
  attachments: Attachment[]
}

export interface ToolResult {
  call_id: string
  tool: string
  status: ToolRunStatus
  output: unknown
  /** What the tool showed beside its output. */
  parts?: StoredPart[] | null
  error: { code: string; message: string } | null
}

export interface ClaimedRun {
  run_id: string
  fence: number
  segment: number
  attempts: number
  trace_id: string
  workspace_id: string
  persona_id: string
  /** What this segment is to answer. In the first segment of a run: the task, and what earlier runs could not save. */
  messages: UserMessage[]
  plan: PlanItem[]
  created_at: string
  persona: { name: string; description: string }
  instructions: string
  agent_id: string
  model: PersonaModel
  /** The primary and the fallbacks in order, each once. */
  models: UsableModel[]
  /** The segment's first model call, reserved for the first of the models. Null: the worker must reserve it itself. */
  reserved: ReservedCall | null
  checkpoint: { checkpoint_id: string; parent_id: string | null; data: string } | null
  tool_results: ToolResult[] | null
}

/** What is new about a run, for a worker that knows the rest. */
export type ContinuedRun = Pick<ClaimedRun, 'fence' | 'segment' | 'messages' | 'tool_results' | 'reserved'>

export interface ClaimedCall {
  tool_run_id: string
  run_id: string
  attempt: number
  /** An earlier attempt was started, and its worker was lost. */
  recovering: boolean
  /** Nobody else can claim the call before this moment of `performance.now()`; heartbeats move it. */
  kept_until: number
  trace_id: string
  workspace_id: string
  persona_id: string
  tool: string
  arguments: Record<string, unknown>
  effect: ToolEffect
  /** The files that people gave in the conversation, by the message that they came with. */
  given_files: { message_id: string; files: Attachment[] }[]
  allowed_hosts: string[]
  limits: Record<string, unknown>
  started_by: string | null
  timeout_seconds: number
  runs: ToolPlace
  code: string | null
  language: 'node' | 'python' | null
  secrets: SealedSecret[]
}

export interface RunError {
  code: string
  message: string
  /** With `demo_model_limit`: requests that the demo model can do. */
  examples?: string[]
}

export interface RunState {
  status: 'queued' | 'running' | 'waiting' | 'completed' | 'failed'
  waiting_for?: 'tools' | 'approval' | 'human'
  /** Every call was answered at once (denied, unknown): the next segment is in the queue. */
  resumed?: boolean
  reason?: string
  /** What people said meanwhile, for the next segment of a run that goes on. */
  messages?: UserMessage[]
}

export interface NewStep {
  kind: 'lookup' | 'notice'
  data: Record<string, unknown>
  duration_ms?: number
}

export interface SegmentOutcome {
  next: 'tools' | 'continue' | 'finish' | 'fail'
  steps: NewStep[]
  plan?: PlanItem[]
  model_call: {
    id: string
    text: string
    thinking?: string
    tool_calls: { call_id: string; tool: string }[]
    input_tokens: number
    output_tokens: number
    latency_ms: number
    first_token_ms?: number
  }
  calls?: { call_id: string; tool: string; arguments: Record<string, unknown> }[]
  output?: string
  /** With 'fail'. */
  reason?: string
  error?: RunError
}

export interface SegmentCheckpoint {
  checkpointId: string
  parentId: string | null
  data: string
}

export interface NewArtifact {
  name: string
  content_type: string
  size: number
  sha256: string
  path: string
}

export interface CallResult {
  status: 'succeeded' | 'failed' | 'unknown'
  output?: unknown
  output_path?: string
  error?: RunError
  duration_ms: number
  artifacts?: NewArtifact[]
  parts?: StoredPart[]
  /** The worker that ran it was lost, and it was found to have happened. */
  looked_up?: boolean
}

/** A tool as the model is offered it. */
export interface OfferedTool {
  name: string
  description: string
  input_schema: Record<string, unknown>
}
