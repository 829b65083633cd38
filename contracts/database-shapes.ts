/**
 * The JSON that the database checks itself. `npm run known-shapes` writes `platform.schema_of` from it, so that the API and
 * the database accept the same values.
 */
import { z } from 'zod'
import { DisplayName, HttpUrl, Id, text } from './api/common.ts'
import { UpdateConversationRequest } from './api/conversations.ts'
import { UpdateWorkspaceRequest, WorkspaceLimits } from './api/people.ts'
import {
  CreatePersonaRequest,
  ModelChoice,
  PersonaLimits,
  PolicyCondition,
  SetPersonaToolRequest,
  UpdatePersonaRequest,
} from './api/personas.ts'
import { ProviderName, SaveProviderRequest, TestProviderRequest } from './api/resources.ts'
import { AlwaysAllow, Attachment, ForkRunRequest, MAX_ATTACHMENTS } from './api/runs.ts'
import { ApprovedCall, CreateScheduleRequest, InboundEvents, WebhookDirection, WebhookScheme } from './api/triggers.ts'

const Base64 = z.string().regex(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$/)
/** A secret that the functions have encrypted, in base64. */
const Sealed = z.strictObject({ ciphertext: Base64.max(200_000), nonce: Base64.max(200), key_id: text(1, 64) })

/** Five fields: with a field for seconds, a schedule could start a run every second. The API checks the rest. */
const Cron = z
  .string()
  .max(200)
  .regex(
    /^\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|([0-9A-Za-z*,/?#L+-]+\s+){4}[0-9A-Za-z*,/?#L+-]+)\s*$/,
  )
const Schedule = CreateScheduleRequest.extend({
  cron: Cron,
  next_at: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
    .optional(),
})

const webhookFields = {
  name: DisplayName,
  direction: WebhookDirection,
  is_enabled: z.boolean(),
  persona_id: Id.nullable(),
  url: HttpUrl.nullable(),
  scheme: WebhookScheme,
  events: InboundEvents,
  input_template: text(1, 10_000).nullable(),
  secret: Sealed,
}

/** The keys are the names that SQL uses. */
export const databaseShapes = {
  workspace_limits: WorkspaceLimits,
  workspace_settings: UpdateWorkspaceRequest.shape.settings.unwrap(),
  workspace_changes: UpdateWorkspaceRequest,
  persona_limits: PersonaLimits,
  model: ModelChoice,
  persona_changes: UpdatePersonaRequest,
  persona: CreatePersonaRequest.omit({ workspace_id: true }).partial({ instructions: true }),
  conditions: z.array(PolicyCondition).max(20),
  persona_tool: SetPersonaToolRequest,
  sealed: Sealed,
  provider: SaveProviderRequest.extend({ name: ProviderName, api_key: Sealed.optional() }),
  always_allow: AlwaysAllow,
  provider_test: TestProviderRequest.extend({ name: ProviderName, api_key: Sealed.optional() }),
  attachments: z.array(Attachment).max(MAX_ATTACHMENTS),
  fork_changes: ForkRunRequest.pick({ input: true, model: true, persona_version_id: true }),
  conversation_changes: UpdateConversationRequest,
  approved_calls: z.array(ApprovedCall).max(50),
  schedule_changes: Schedule.partial(),
  schedule: Schedule,
  webhook_changes: z.strictObject(webhookFields).partial(),
  /** Who seals the secret gives the id, as the ciphertext is bound to it. */
  webhook: z
    .strictObject({ ...webhookFields, id: Id })
    .partial()
    .required({ name: true, direction: true }),
} satisfies Record<string, z.ZodType>
