/** Schedules and webhooks: they start runs, and report runs to other systems. */
import { z } from 'zod'
import { changesSomething, DisplayName, HttpUrl, Id, Page, PageQuery, TaskText, Timestamp, text } from './common.ts'
import { PolicyCondition } from './personas.ts'

/** Five fields (minute, hour, day, month, weekday), or a name such as `@daily`. */
const Cron = text(1, 200).overwrite((cron) => (/^\s*@/.test(cron) ? cron.trim().toLowerCase() : cron))
/** An IANA name, e.g. Europe/Berlin. */
const TimeZone = text(1, 64)

/** A call that the runs of a schedule may make without an approval, if all conditions match its arguments. */
export const ApprovedCall = z
  .strictObject({
    tool: text(1, 64),
    conditions: z
      .array(PolicyCondition.omit({ policy: true }))
      .max(20)
      .default([]),
  })
  .meta({ id: 'ApprovedCall' })
export type ApprovedCall = z.infer<typeof ApprovedCall>

/** Which times that passed while the platform was down start a run later: none, the last one, or all (at most 100). */
export const MissedTimes = z.enum(['skip', 'once', 'all'])
export type MissedTimes = z.infer<typeof MissedTimes>

const scheduleFields = {
  name: DisplayName,
  cron: Cron,
  time_zone: TimeZone,
  /** The task of each run. */
  input: TaskText,
  missed: MissedTimes,
  approved_in_advance: z.array(ApprovedCall).max(50),
  is_paused: z.boolean(),
}
export const CreateScheduleRequest = z
  .strictObject(scheduleFields)
  .partial({ time_zone: true, missed: true, approved_in_advance: true, is_paused: true })
export type CreateScheduleRequest = z.input<typeof CreateScheduleRequest>
export const UpdateScheduleRequest = z
  .strictObject(scheduleFields)
  .partial()
  .refine(changesSomething, 'must contain at least one field')
export type UpdateScheduleRequest = z.input<typeof UpdateScheduleRequest>

export const Schedule = z
  .object({
    id: Id,
    workspace_id: Id,
    persona_id: Id,
    name: z.string(),
    cron: z.string(),
    time_zone: z.string(),
    input: z.string(),
    missed: MissedTimes,
    approved_in_advance: z.array(ApprovedCall),
    is_paused: z.boolean(),
    last_at: Timestamp.nullable(),
    /** The next three times; empty while it is paused. */
    next_times: z.array(Timestamp),
    /** Its runs belong to this person. */
    created_by: Id.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'Schedule' })
export type Schedule = z.infer<typeof Schedule>
export const SchedulesResponse = z.object({ schedules: z.array(Schedule) })
export const ScheduleResponse = z.object({ schedule: Schedule })

export const PreviewScheduleRequest = z.strictObject({ cron: Cron, time_zone: TimeZone.default('UTC') })
export type PreviewScheduleRequest = z.input<typeof PreviewScheduleRequest>
/** The next five times. */
export const PreviewScheduleResponse = z.object({ next_times: z.array(Timestamp) })
export type PreviewScheduleResponse = z.infer<typeof PreviewScheduleResponse>

export const WebhookDirection = z.enum(['in', 'out'])
export type WebhookDirection = z.infer<typeof WebhookDirection>
/** How the platform signs outbound webhooks: Standard Webhooks, like GitHub, or `x-signature-256` over the body. */
export const OutboundScheme = z.enum(['standard', 'github', 'hmac'])
/**
 * How inbound requests are signed, and what identifies a delivery. Two requests of one delivery start only one run.
 *
 * | scheme | signature | a delivery is identified by |
 * |---|---|---|
 * | `standard`, `svix` | Standard Webhooks, in `webhook-…` or `svix-…` | the signed id |
 * | `github` | `x-hub-signature-256` over the body | the body; a `ping` starts nothing |
 * | `hmac` | `x-signature-256`: HMAC-SHA256 in hex of `x-timestamp` (Unix seconds), a dot and the body | time and body |
 * | `hmac_body` | `x-signature-256` over the body | the body, so the same body never starts a second run |
 * | `stripe` | `stripe-signature` | the body, which contains the event's id |
 * | `slack` | `x-slack-signature`, `x-slack-request-timestamp` | the body; `url_verification` is answered |
 */
export const InboundScheme = z.enum(['standard', 'github', 'hmac', 'hmac_body', 'stripe', 'slack', 'svix'])
export type InboundScheme = z.infer<typeof InboundScheme>
export const WebhookScheme = InboundScheme
export type WebhookScheme = InboundScheme
export const WebhookEvent = z.enum([
  'run.completed',
  'run.failed',
  'run.cancelled',
  'approval.requested',
  'approval.decided',
])
export type WebhookEvent = z.infer<typeof WebhookEvent>

const inFields = {
  persona_id: Id,
  /** A Mustache template that turns the payload into the task (`{{json}}` is all of it); null uses the payload unchanged. */
  input_template: text(1, 10_000).nullable(),
}
/** The events that start runs, by the names that the sender uses, e.g. `issues.opened`; empty means all. */
export const InboundEvents = z
  .array(z.string().regex(/^[\w.:*-]{1,100}$/, 'must be the name of an event such as issues.opened'))
  .max(50)
/** The sender's secret, for senders that create their own; otherwise the platform creates one. */
const senderSecret = text(8, 500)
const outFields = {
  url: HttpUrl,
  /** Only events of this persona; null means all personas. */
  persona_id: Id.nullable(),
  /** Empty means all events. */
  events: z.array(WebhookEvent).max(5),
}
const both = { name: DisplayName, is_enabled: z.boolean().default(true) }
export const CreateWebhookRequest = z.discriminatedUnion('direction', [
  z
    .strictObject({
      direction: z.literal('in'),
      ...both,
      ...inFields,
      scheme: InboundScheme.default('standard'),
      events: InboundEvents,
      secret: senderSecret,
    })
    .partial({ input_template: true, events: true, secret: true }),
  z
    .strictObject({
      direction: z.literal('out'),
      ...both,
      ...outFields,
      scheme: OutboundScheme.default('standard'),
    })
    .partial({ persona_id: true, events: true }),
])
export type CreateWebhookRequest = z.input<typeof CreateWebhookRequest>
/** Direction and scheme cannot change. Any change clears the record of failures; `is_enabled: true` switches it on again. */
export const UpdateWebhookRequest = z
  .strictObject({
    name: DisplayName,
    is_enabled: z.boolean(),
    ...inFields,
    ...outFields,
    events: z.union([outFields.events, InboundEvents]),
    secret: senderSecret,
  })
  .partial()
  .refine(changesSomething, 'must contain at least one field')
export type UpdateWebhookRequest = z.input<typeof UpdateWebhookRequest>

export const Webhook = z
  .object({
    id: Id,
    workspace_id: Id,
    persona_id: Id.nullable(),
    direction: WebhookDirection,
    name: z.string(),
    /** The address that requests go to: ours for `in`, the receiver's for `out`. */
    url: z.string(),
    scheme: WebhookScheme,
    events: z.array(z.string()),
    input_template: z.string().nullable(),
    is_enabled: z.boolean(),
    disabled_reason: z.string().nullable(),
    /** The time since which every attempt to deliver has failed. */
    failing_since: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'Webhook' })
export type Webhook = z.infer<typeof Webhook>
export const WebhooksResponse = z.object({ webhooks: z.array(Webhook) })
export const WebhookResponse = z.object({ webhook: Webhook })
/** Only this response contains `secret`, which is stored encrypted. */
export const WebhookSecretResponse = z.object({ webhook: Webhook, secret: z.string() })
export type WebhookSecretResponse = z.infer<typeof WebhookSecretResponse>

export const Delivery = z
  .object({
    id: Id,
    endpoint_id: Id,
    /** The sender's id of the delivery, which stays the same when it is repeated. */
    delivery_id: z.string(),
    event: z.string(),
    status: z.enum(['received', 'queued', 'delivered', 'failed']),
    attempts: z.number().int(),
    response_status: z.number().int().nullable(),
    error: z.string().nullable(),
    /** The run that an inbound delivery started. */
    run_id: Id.nullable(),
    next_at: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'Delivery' })
export type Delivery = z.infer<typeof Delivery>
export const DeliveriesQuery = PageQuery
export const DeliveriesResponse = Page.extend({ deliveries: z.array(Delivery) })
export type DeliveriesResponse = z.infer<typeof DeliveriesResponse>
export const DeliveryResponse = z.object({ delivery: Delivery })
