/** The audit log of a workspace, as its admins read it. */
import { z } from 'zod'
import { Id, Timestamp, text } from './common.ts'

export const ActivityEvent = z
  .object({
    /** The place in the chain: 1, 2, 3 … */
    seq: z.number().int(),
    at: Timestamp,
    /** noun.verb, e.g. run.created */
    action: z.string(),
    actor_type: z.enum(['person', 'persona', 'system']),
    actor_id: Id.nullable(),
    /** Null if nobody has this id any more. */
    actor_name: z.string().nullable(),
    persona_id: Id.nullable(),
    persona_name: z.string().nullable(),
    run_id: Id.nullable(),
    trace_id: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    /** Whether `data` was erased; the event itself stays. */
    is_erased: z.boolean(),
  })
  .meta({ id: 'ActivityEvent' })
export type ActivityEvent = z.infer<typeof ActivityEvent>

export const ActivityQuery = z.object({
  /** Who did it: a person or a persona. */
  actor_id: Id.optional(),
  persona_id: Id.optional(),
  /** The noun of the action: run, tool, model, approval … */
  kind: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional(),
  since: Timestamp.optional(),
  until: Timestamp.optional(),
  /** Looked for in the action and in the content. */
  words: text(1, 200).optional(),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'is not a cursor of this list')
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
/**
 * Newest first. A page may have fewer events than `limit` though `next_cursor` is not null: a search looks through a bounded
 * number of events for each page.
 */
export const ActivityResponse = z.object({ events: z.array(ActivityEvent), next_cursor: z.string().nullable() })
export type ActivityResponse = z.infer<typeof ActivityResponse>

export const AuditChain = z
  .object({
    events: z.number().int(),
    /** The end of the chain, in hex; null before its first event. */
    hash: z.string().nullable(),
    /** The events up to this one are covered by a signed statement. */
    signed_events: z.number().int(),
    signed_at: Timestamp.nullable(),
    /** The last check that an admin asked for. */
    check: z
      .object({
        at: Timestamp,
        /** How many events were checked. */
        events: z.number().int(),
        /** False while a long chain is checked part by part. */
        is_complete: z.boolean(),
        /** The first event that is not what it was, and why. */
        broken_seq: z.number().int().nullable(),
        why: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'AuditChain' })
export type AuditChain = z.infer<typeof AuditChain>
export const AuditChainResponse = z.object({ chain: AuditChain })
/** `restart: false` goes on with a check that is not complete. */
export const CheckAuditChainRequest = z.strictObject({ restart: z.boolean().default(true) })
export type CheckAuditChainRequest = z.input<typeof CheckAuditChainRequest>
