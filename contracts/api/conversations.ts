/** Conversations: the runs of one persona that continue each other, and what people said in them. */
import { z } from 'zod'
import { RunStatus, WaitingFor } from '../runs.ts'
import { changesSomething, Id, Page, PageQuery, TaskText, Timestamp, text } from './common.ts'
import { Attachment, MAX_ATTACHMENTS, RunError } from './runs.ts'

/** Header `Idempotency-Key`: a repeated key of the same person adds no second message. */
export const SendMessageRequest = z.strictObject({
  input: TaskText,
  attachments: z.array(Attachment).max(MAX_ATTACHMENTS).default([]),
})
export type SendMessageRequest = z.input<typeof SendMessageRequest>

/** `joins`: the run under way takes the message before its next model call. `continues`: the message began a new run. */
export const MessageDelivery = z.enum(['continues', 'joins'])
export type MessageDelivery = z.infer<typeof MessageDelivery>

export const MessageReceipt = z
  .object({
    /** The run that takes the message. It is not the run of the request if the conversation has gone on since. */
    run_id: Id,
    conversation_id: Id,
    message_id: Id,
    delivery: MessageDelivery,
  })
  .meta({ id: 'MessageReceipt' })
export type MessageReceipt = z.infer<typeof MessageReceipt>

export const RetryRunRequest = z.strictObject({
  /** The last message, as the person has rewritten it. Without it, the same messages are tried again. */
  input: TaskText.optional(),
})
export type RetryRunRequest = z.infer<typeof RetryRunRequest>

const conversationColumns = {
  id: Id,
  workspace_id: Id,
  persona_id: Id,
  title: z.string(),
  created_by: Id.nullable(),
  created_at: Timestamp,
  /** The last message of a person, or the last end of a run. */
  last_activity_at: Timestamp,
  /** Null while the conversation is not archived. A new message takes it out of the archive. */
  archived_at: Timestamp.nullable(),
}

export const ConversationRow = z.object(conversationColumns).meta({ id: 'ConversationRow' })
export type ConversationRow = z.infer<typeof ConversationRow>

/** A conversation in a list. */
export const ConversationSummary = ConversationRow.extend({
  last_run: z
    .object({ id: Id, status: RunStatus, waiting_for: WaitingFor.nullable(), reason: z.string().nullable() })
    .nullable(),
}).meta({ id: 'ConversationSummary' })
export type ConversationSummary = z.infer<typeof ConversationSummary>

/** One turn of a conversation. */
export const ConversationRun = z
  .object({
    id: Id,
    /** 1, 2, 3 … within the conversation. */
    turn: z.number().int(),
    status: RunStatus,
    waiting_for: WaitingFor.nullable(),
    reason: z.string().nullable(),
    error: RunError.nullable(),
    /** The answer of a completed run. */
    output: z.string().nullable(),
    cost: z.number(),
    source: z.string(),
    created_by: Id.nullable(),
    created_at: Timestamp,
    started_at: Timestamp.nullable(),
    finished_at: Timestamp.nullable(),
    /** The run whose state this one began with. */
    previous_run_id: Id.nullable(),
    /** The run that was started instead of this one, when a person tried again. */
    replaced_by: Id.nullable(),
  })
  .meta({ id: 'ConversationRun' })
export type ConversationRun = z.infer<typeof ConversationRun>

export const ConversationMessage = z
  .object({
    /** The message that a run begins with has the id of the run. */
    id: Id,
    /** The run that takes it. */
    run_id: Id,
    role: z.literal('user'),
    input: z.string(),
    attachments: z.array(z.record(z.string(), z.unknown())),
    created_by: Id.nullable(),
    created_at: Timestamp,
    /** When the run took it; null while it waits. */
    taken_at: Timestamp.nullable(),
  })
  .meta({ id: 'ConversationMessage' })
export type ConversationMessage = z.infer<typeof ConversationMessage>

export const Conversation = ConversationRow.extend({
  /** In order, with those that were replaced. */
  runs: z.array(ConversationRun),
  /** In order. */
  messages: z.array(ConversationMessage),
}).meta({ id: 'Conversation' })
export type Conversation = z.infer<typeof Conversation>

export const ConversationsQuery = PageQuery.extend({
  workspace_id: Id.optional(),
  persona_id: Id.optional(),
  /** Words in the title or in what people said. */
  q: text(1, 200).optional(),
  archived: z.enum(['true', 'false']).default('false'),
})
export const ConversationsResponse = Page.extend({ conversations: z.array(ConversationSummary) })
export type ConversationsResponse = z.infer<typeof ConversationsResponse>
export const ConversationResponse = z.object({ conversation: Conversation })

export const UpdateConversationRequest = z
  .strictObject({ title: text(1, 200).regex(/\S/, 'must not be blank').optional(), archived: z.boolean().optional() })
  .refine(changesSomething, 'must contain at least one field')
export type UpdateConversationRequest = z.infer<typeof UpdateConversationRequest>
export const UpdatedConversationResponse = z.object({ conversation: ConversationRow })
