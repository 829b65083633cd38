/** Alerts of workspaces, and the state of the executor for platform admins. */
import { z } from 'zod'
import { Id, Timestamp } from './common.ts'

export const Alert = z
  .object({
    id: Id,
    /** Null for an alert of the whole installation, which platform admins see. */
    workspace_id: Id.nullable(),
    persona_id: Id.nullable(),
    kind: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
    raised_at: Timestamp,
    resolved_at: Timestamp.nullable(),
    resolved_by: Id.nullable(),
  })
  .meta({ id: 'Alert' })
export type Alert = z.infer<typeof Alert>
export const AlertsQuery = z.object({ workspace_id: Id.optional(), persona_id: Id.optional() })
export const AlertsResponse = z.object({ alerts: z.array(Alert) })
export const AlertResponse = z.object({ alert: Alert })

/** A message that was read too often. */
export const DeadLetter = z
  .object({
    id: Id,
    queue: z.string(),
    read_count: z.number().int(),
    error: z.string().nullable(),
    run_id: Id.nullable(),
    created_at: Timestamp,
    requeued_at: Timestamp.nullable(),
    /** True if its run has not changed since, so that the run can continue. */
    can_requeue: z.boolean(),
  })
  .meta({ id: 'DeadLetter' })
export type DeadLetter = z.infer<typeof DeadLetter>

export const OperationsResponse = z.object({
  queues: z.array(
    z.object({
      queue: z.string(),
      length: z.number().int(),
      oldest_seconds: z.number().nullable(),
      /** Messages ever sent. */
      total: z.number().int(),
    }),
  ),
  /** Runs of the last day by status. */
  runs: z.record(z.string(), z.number().int()),
  /** The latest 200, newest first. */
  dead_letters: z.array(DeadLetter),
})
export type OperationsResponse = z.infer<typeof OperationsResponse>
