/** Personas, their versions, the people they are shared with, and their policies for tools. */
import { z } from 'zod'
import { sandboxLimitFields } from '../sandbox.ts'
import { ToolEffect } from '../tool.ts'
import { changesSomething, DisplayName, Id, Timestamp, text } from './common.ts'

export const PersonaRole = z.enum(['viewer', 'user', 'editor', 'owner'])
export type PersonaRole = z.infer<typeof PersonaRole>
export const PersonaVisibility = z.enum(['workspace', 'private'])
export type PersonaVisibility = z.infer<typeof PersonaVisibility>
export const PersonaStatus = z.enum(['active', 'paused', 'archived'])
export type PersonaStatus = z.infer<typeof PersonaStatus>

/** Names are "model" or "provider/model". "default" is the first model of the workspace's default provider. */
export const ModelChoice = z
  .strictObject({
    primary: text(1, 200),
    fallbacks: z.array(text(1, 200)).max(5).default([]),
    temperature: z.number().min(0).max(2).nullish(),
    max_output_tokens: z.number().int().min(1).max(1_000_000).nullish(),
  })
  .meta({ id: 'ModelChoice' })
export type ModelChoice = z.infer<typeof ModelChoice>

const amount = z.number().nonnegative().max(1_000_000).nullish()
const count = (min: number, max: number) => z.number().int().min(min).max(max).nullish()

/**
 * Limits of a persona and its sandbox. Missing or null means the agent's default, or no limit. Costs are in the currency of
 * the price table.
 */
export const PersonaLimits = z
  .strictObject({
    max_segments: count(1, 1000),
    max_seconds: count(1, 604_800),
    max_parallel_runs: count(1, 100_000),
    max_attempts: count(1, 100),
    runs_per_hour: count(1, 1_000_000),
    /** The run ends when it repeats a call with the same arguments this often. */
    max_repeats: count(1, 1000),
    /** The run ends after this many model calls in a row without progress. */
    max_idle_segments: count(1, 1000),
    cost_per_run: amount,
    cost_per_day: amount,
    cost_per_month: amount,
    calls_per_run: count(0, 100_000),
    calls_per_day: count(0, 1_000_000),
    calls_per_month: count(0, 10_000_000),
    ...sandboxLimitFields,
  })
  .meta({ id: 'PersonaLimits' })
export type PersonaLimits = z.infer<typeof PersonaLimits>

/** A host that the sandbox may reach: "example.com", "*.example.com" (every subdomain), "*" (any host), "example.com:8443". */
export const AllowedHost = z
  .string()
  .max(260)
  .regex(
    /^(\*|(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)(:\d{1,5})?$/,
    'must be a host such as example.com or *.example.com',
  )

const appearance = {
  name: DisplayName,
  description: text(0, 2000),
  icon: z.string().regex(/^[a-z0-9-]{1,64}$/),
  color: z.string().regex(/^[a-z]{1,32}$/),
  visibility: PersonaVisibility,
  /** Tasks to try it with, which the app shows as buttons. */
  examples: z.array(text(1, 300)).max(6),
}
const configuration = {
  agent_id: z.string().regex(/^[a-z0-9_-]{1,64}$/),
  instructions: text(0, 50_000),
  model: ModelChoice,
  limits: PersonaLimits,
  allowed_hosts: z.array(AllowedHost).max(100),
  /** The reason for this version, which the list of versions shows. */
  note: text(0, 500),
}

export const CreatePersonaRequest = z.strictObject({ workspace_id: Id, ...appearance, ...configuration }).partial({
  description: true,
  icon: true,
  color: true,
  visibility: true,
  examples: true,
  agent_id: true,
  model: true,
  limits: true,
  allowed_hosts: true,
  note: true,
})
export type CreatePersonaRequest = z.input<typeof CreatePersonaRequest>
/** A change of the configuration creates a new version; a change of the appearance or status does not. */
export const UpdatePersonaRequest = z
  .strictObject({ ...appearance, status: PersonaStatus, ...configuration })
  .partial()
  .refine(changesSomething, 'must contain at least one field')
export type UpdatePersonaRequest = z.input<typeof UpdatePersonaRequest>

export const PersonaVersion = z
  .object({
    id: Id,
    number: z.number().int(),
    agent_id: z.string(),
    instructions: z.string(),
    model: z.record(z.string(), z.unknown()),
    limits: z.record(z.string(), z.unknown()),
    allowed_hosts: z.array(z.string()),
    note: z.string(),
    created_by: Id.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'PersonaVersion' })
export type PersonaVersion = z.infer<typeof PersonaVersion>

export const Persona = z
  .object({
    id: Id,
    workspace_id: Id,
    name: z.string(),
    description: z.string(),
    icon: z.string(),
    color: z.string(),
    visibility: PersonaVisibility,
    examples: z.array(z.string()),
    status: PersonaStatus,
    current_version_id: Id.nullable(),
    created_by: Id.nullable(),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Persona' })
export type Persona = z.infer<typeof Persona>

export const PersonasQuery = z.object({ workspace_id: Id.optional() })
export const PersonasResponse = z.object({ personas: z.array(Persona) })
/** `role` is the caller's role on this persona. */
export const PersonaResponse = z.object({ persona: Persona, version: PersonaVersion, role: PersonaRole })
export type PersonaResponse = z.infer<typeof PersonaResponse>
export const PersonaVersionsResponse = z.object({ versions: z.array(PersonaVersion) })

export const PersonaMember = z
  .object({ user_id: Id, email: z.string(), display_name: z.string(), role: PersonaRole, created_at: Timestamp })
  .meta({ id: 'PersonaMember' })
export type PersonaMember = z.infer<typeof PersonaMember>
/**
 * Only the people with whom the persona is shared by name. Admins, and members if the whole workspace sees the persona, have
 * access through their role in the workspace.
 */
export const PersonaMembersResponse = z.object({ members: z.array(PersonaMember) })
export const SharePersonaRequest = z.strictObject({ role: PersonaRole })
export type SharePersonaRequest = z.infer<typeof SharePersonaRequest>

export const ToolPolicy = z.enum(['default', 'allow', 'ask', 'deny'])
export type ToolPolicy = z.infer<typeof ToolPolicy>
/**
 * The first condition that matches the arguments of a call decides; otherwise the policy for the tool does. If an argument
 * has several values, all must match for `allow` and for an approval in advance; one is enough for `ask` and `deny`.
 */
export const PolicyCondition = z
  .strictObject({
    /** `recipients` stands for to, cc and bcc of a mail together. */
    argument: text(1, 100),
    operator: z.enum(['equals', 'not_equals', 'contains', 'domain_in', 'domain_not_in']),
    value: z.union([text(0, 1000), z.array(text(0, 1000)).max(100)]),
    policy: z.enum(['allow', 'ask', 'deny']),
  })
  .meta({ id: 'PolicyCondition' })
export type PolicyCondition = z.infer<typeof PolicyCondition>

export const SetPersonaToolRequest = z
  .strictObject({
    is_enabled: z.boolean(),
    policy: ToolPolicy,
    conditions: z.array(PolicyCondition).max(20),
    /** Names of the workspace's secrets that the tool may use. */
    granted_secrets: z.array(text(1, 64)).max(50),
  })
  .partial()
  .refine(changesSomething, 'must contain at least one field')
export type SetPersonaToolRequest = z.infer<typeof SetPersonaToolRequest>

/** A tool with the persona's settings for it, or the defaults: enabled, and calls with an effect ask. */
export const PersonaTool = z
  .object({
    tool_id: Id,
    name: z.string(),
    description: z.string(),
    group_name: z.string(),
    effect: ToolEffect,
    secrets: z.array(z.string()),
    /** Whether this installation can run it. Null: no executor has reported yet. */
    works: z.boolean().nullable(),
    /** Why it does not work and what to do, or what is special about it here. */
    works_note: z.string().nullable(),
    is_enabled: z.boolean(),
    policy: ToolPolicy,
    conditions: z.array(PolicyCondition),
    granted_secrets: z.array(z.string()),
  })
  .meta({ id: 'PersonaTool' })
export type PersonaTool = z.infer<typeof PersonaTool>
export const PersonaToolsResponse = z.object({ tools: z.array(PersonaTool) })
export type PersonaToolsResponse = z.infer<typeof PersonaToolsResponse>
export const PersonaToolResponse = z.object({ tool: PersonaTool })
