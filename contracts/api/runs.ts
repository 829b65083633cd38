/** Runs, artifacts, approvals. */
import { z } from 'zod'
import { WorkingExamples } from '../demo-model-limit.ts'
import { Lane, PlanItem, RunStatus, RunStep, WaitingFor } from '../runs.ts'
import { CallView } from '../tool-view.ts'
import { Id, Page, PageQuery, TaskText, Timestamp, text } from './common.ts'
import { ModelChoice, PersonaRole } from './personas.ts'

export const MAX_ATTACHMENTS = 20
export const MAX_ATTACHMENT_NAME = 300

/** A file that is already in the bucket `attachments`, at `<workspace>/<persona>/…`. At most `MAX_FILE_BYTES`. */
export const Attachment = z
  .strictObject({
    name: text(1, MAX_ATTACHMENT_NAME),
    path: text(1, 1000).refine((path) => !path.split('/').includes('..'), 'must not contain ..'),
    content_type: text(1, 200),
    size: z.number().int().nonnegative(),
  })
  .meta({ id: 'Attachment' })
export type Attachment = z.infer<typeof Attachment>

export const CreateRunRequest = z.strictObject({
  persona_id: Id,
  /** The task in plain words. */
  input: TaskText,
  attachments: z.array(Attachment).max(MAX_ATTACHMENTS).default([]),
  lane: Lane.default('interactive'),
})
export type CreateRunRequest = z.input<typeof CreateRunRequest>
/** Header `Idempotency-Key`: a repeated key of the same person returns the first run. */
export const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/)

export const RunError = z.object({
  code: z.string(),
  message: z.string(),
  /** With `demo_model_limit`: requests that the demo model can do. */
  examples: WorkingExamples.optional(),
})

const runColumns = {
  id: Id,
  workspace_id: Id,
  persona_id: Id,
  persona_version_id: Id,
  status: RunStatus,
  waiting_for: WaitingFor.nullable(),
  /** Set when the run has ended: "done", "cancelled", "run_budget", "model_error", "demo_model_limit" … */
  reason: z.string().nullable(),
  error: RunError.nullable(),
  input: z.string(),
  /** What the run is called; null: by its input. A run that a webhook started is called by what came. */
  title: z.string().nullable(),
  /** In the currency of the price table. */
  cost: z.number(),
  /** Who or what started it: person, schedule, webhook, fork. A person's run with a `parent_run_id` repeats that run. */
  source: z.string(),
  lane: Lane,
  trace_id: z.string(),
  created_by: Id.nullable(),
  parent_run_id: Id.nullable(),
  /** Null for a run of a schedule or webhook that nobody has answered. */
  conversation_id: Id.nullable(),
  /** The place in the conversation: 1, 2, 3 … */
  turn: z.number().int().nullable(),
  /** The run that was started instead of this one, when a person tried again. */
  replaced_by: Id.nullable(),
  created_at: Timestamp,
  started_at: Timestamp.nullable(),
  finished_at: Timestamp.nullable(),
}

/** A run in a list. */
export const RunSummary = z.object(runColumns).meta({ id: 'RunSummary' })
export type RunSummary = z.infer<typeof RunSummary>

export const Run = z
  .object({
    ...runColumns,
    output: z.string().nullable(),
    plan: z.array(PlanItem),
    attachments: z.array(z.record(z.string(), z.unknown())),
    model_calls: z.number().int(),
    input_tokens: z.number().int(),
    output_tokens: z.number().int(),
    deadline_at: Timestamp.nullable(),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

export const Artifact = z
  .object({
    id: Id,
    run_id: Id,
    name: z.string(),
    content_type: z.string(),
    /** Bytes. */
    size: z.number().int(),
    sha256: z.string(),
    created_at: Timestamp,
    /** A signed link that is valid for one hour; null if Storage no longer has the file. */
    url: z.string().nullable(),
  })
  .meta({ id: 'Artifact' })
export type Artifact = z.infer<typeof Artifact>
export const ArtifactResponse = z.object({ artifact: Artifact })

export const RunResponse = z.object({ run: Run })
export type RunResponse = z.infer<typeof RunResponse>
export const RunDetailsResponse = z.object({
  run: Run.extend({ artifacts: z.array(Artifact) }).meta({ id: 'RunDetails' }),
  steps: z.array(RunStep),
})
export type RunDetailsResponse = z.infer<typeof RunDetailsResponse>

export const RunOrigin = z.enum(['person', 'schedule', 'webhook', 'fork', 'repetition'])
export type RunOrigin = z.infer<typeof RunOrigin>
export const RunsQuery = PageQuery.extend({
  workspace_id: Id.optional(),
  persona_id: Id.optional(),
  status: RunStatus.optional(),
  /** Looked for in the task. */
  words: text(1, 200).optional(),
  origin: RunOrigin.optional(),
  /** Who started it, or owns the schedule or webhook that did. */
  created_by: Id.optional(),
  since: Timestamp.optional(),
  until: Timestamp.optional(),
  /** Runs that cost at least this much. */
  min_cost: z.coerce.number().min(0).max(1_000_000).optional(),
})
export const RunsResponse = Page.extend({ runs: z.array(RunSummary) })
export type RunsResponse = z.infer<typeof RunsResponse>

/** A run can be forked after each of these segments. */
export const Checkpoint = z.object({ segment: z.number().int(), created_at: Timestamp }).meta({ id: 'Checkpoint' })
export type Checkpoint = z.infer<typeof Checkpoint>
export const CheckpointsResponse = z.object({ checkpoints: z.array(Checkpoint) })
export const ForkRunRequest = z.strictObject({
  /** The new run continues after this segment; -1 starts from the beginning. */
  segment: z.number().int().min(-1).max(100_000),
  /** A further message from the person; with segment -1, a new task instead of the old one. */
  input: TaskText.optional(),
  model: ModelChoice.optional(),
  persona_version_id: Id.optional(),
  /** For the tool calls of the segment: `ledger` reuses the results of the old run, `ask` makes the calls again. */
  effects: z.enum(['ledger', 'ask']),
})
export type ForkRunRequest = z.input<typeof ForkRunRequest>

export const ApprovalKind = z.enum(['approval', 'question', 'unknown_effect'])
export type ApprovalKind = z.infer<typeof ApprovalKind>
export const ApprovalStatus = z.enum(['pending', 'approved', 'denied', 'answered', 'expired', 'cancelled'])
export type ApprovalStatus = z.infer<typeof ApprovalStatus>

export const Approval = z
  .object({
    id: Id,
    workspace_id: Id,
    persona_id: Id,
    run_id: Id,
    tool_run_id: Id,
    kind: ApprovalKind,
    question: z.string(),
    options: z.array(z.unknown()),
    tool_name: z.string(),
    arguments: z.unknown(),
    arguments_hash: z.string(),
    status: ApprovalStatus,
    decision: z.string().nullable(),
    answer: z.string().nullable(),
    decided_by: Id.nullable(),
    decided_at: Timestamp.nullable(),
    expires_at: Timestamp,
    created_at: Timestamp,
  })
  .meta({ id: 'Approval' })
export type Approval = z.infer<typeof Approval>

/** A question that waits, with what it is for. */
export const WaitingQuestion = Approval.extend({
  /** The beginning of the work that was asked for. */
  task: z.string(),
  /** Null for runs of nobody. */
  asked_by_name: z.string().nullable(),
  source: z.string(),
  /** The caller's role on the persona: users may decide, editors may also allow such calls from now on. */
  role: PersonaRole,
}).meta({ id: 'WaitingQuestion' })
export type WaitingQuestion = z.infer<typeof WaitingQuestion>
export const WaitingQuestionsResponse = z.object({ questions: z.array(WaitingQuestion) })

/** A rule by which calls run without asking. */
export const StandingApproval = z
  .object({
    id: Id,
    persona_id: Id,
    tool_name: z.string(),
    /** A call with any other argument still asks. */
    argument_names: z.array(z.string()),
    /** Each argument must equal its value; of `recipients` each must be in the list. */
    conditions: z.array(z.object({ argument: z.string(), value: z.unknown() })),
    max_uses: z.number().int(),
    uses: z.number().int(),
    expires_at: Timestamp,
    created_by: Id,
    created_at: Timestamp,
    last_used_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable(),
  })
  .meta({ id: 'StandingApproval' })
export type StandingApproval = z.infer<typeof StandingApproval>
export const StandingApprovalsResponse = z.object({ standing_approvals: z.array(StandingApproval) })

/** Without `status`, the list contains the questions that wait for a person. */
export const ApprovalsQuery = z.object({
  workspace_id: Id.optional(),
  persona_id: Id.optional(),
  run_id: Id.optional(),
  status: ApprovalStatus.default('pending'),
})
export const ApprovalsResponse = z.object({ approvals: z.array(Approval) })
export const ApprovalResponse = z.object({ approval: Approval })

export const Decision = z.enum(['approve', 'deny', 'answer', 'done', 'do_again', 'give_up'])
export type Decision = z.infer<typeof Decision>
const ArgumentsHash = z.string().regex(/^[0-9a-f]{64}$/)
/** Makes a rule of an approval: calls like it run from now on without asking, until the count or the time is used up. */
export const AlwaysAllow = z
  .strictObject({
    /**
     * The arguments that must have the same value as in the approved call; `recipients` stands for to, cc and bcc together.
     * At least one, unless the call has no arguments. Calls with an argument that the approved call did not have still ask.
     */
    arguments: z.array(text(1, 100)).max(20),
    max_uses: z.number().int().min(1).max(1000),
    days: z.number().int().min(1).max(90),
  })
  .meta({ id: 'AlwaysAllow' })
export type AlwaysAllow = z.infer<typeof AlwaysAllow>
export const DecideRequest = z.strictObject({
  /** For an approval: approve, deny. For a question: answer. For an unknown effect: done, do_again, give_up. */
  decision: Decision,
  /** The answer to a question, or the reason for a decision. The model gets it. */
  answer: text(0, 20_000).optional(),
  /** Arguments to use instead of the proposed ones. */
  edited: z.record(z.string(), z.unknown()).optional(),
  /** The `arguments_hash` that the person saw. The decision is refused if the arguments have changed since. */
  arguments_hash: ArgumentsHash.optional(),
  /** With `approve`, by an editor of the persona. */
  always: AlwaysAllow.optional(),
})
export type DecideRequest = z.infer<typeof DecideRequest>

/** The question behind the link in a mail. `persona` is the persona's name; `view` says how to show the call. */
export const LinkedApproval = Approval.pick({
  id: true,
  run_id: true,
  kind: true,
  question: true,
  options: true,
  tool_name: true,
  arguments: true,
  arguments_hash: true,
  status: true,
  expires_at: true,
})
  .extend({ persona: z.string(), view: CallView.nullable() })
  .meta({ id: 'LinkedApproval' })
export type LinkedApproval = z.infer<typeof LinkedApproval>
export const LinkedApprovalResponse = z.object({ approval: LinkedApproval })
/** `DecideRequest` without edited arguments, because people must sign in to edit them. */
export const AnswerRequest = z.strictObject({
  decision: Decision,
  answer: text(0, 20_000).optional(),
  arguments_hash: ArgumentsHash,
})
export type AnswerRequest = z.infer<typeof AnswerRequest>
