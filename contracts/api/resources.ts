/** Tools, secrets, model providers. */
import { z } from 'zod'
import { ToolEffect, ToolPlace } from '../tool.ts'
import { HttpUrl, Id, Timestamp, text } from './common.ts'

export const ToolSummary = z
  .object({
    id: Id,
    /** Null for a built-in tool, which every workspace has. */
    workspace_id: Id.nullable(),
    name: z.string(),
    description: z.string(),
    group_name: z.string(),
    effect: ToolEffect,
    runs: ToolPlace,
    secrets: z.array(z.string()),
    /** Whether this installation can run it. Null: no executor has reported yet. */
    works: z.boolean().nullable(),
    /** Why it does not work and what to do, or what is special about it here. */
    works_note: z.string().nullable(),
    is_enabled: z.boolean(),
  })
  .meta({ id: 'ToolSummary' })
export type ToolSummary = z.infer<typeof ToolSummary>

export const Tool = ToolSummary.extend({
  input_schema: z.record(z.string(), z.unknown()),
  output_schema: z.record(z.string(), z.unknown()),
  examples: z.array(z.unknown()),
  timeout_seconds: z.number().int(),
  language: z.enum(['node', 'python']).nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
}).meta({ id: 'Tool' })
export type Tool = z.infer<typeof Tool>

export const ToolsQuery = z.object({ workspace_id: Id.optional() })
export const ToolsResponse = z.object({ tools: z.array(ToolSummary) })
export const ToolResponse = z.object({ tool: Tool })
export const ToolSearchQuery = z.object({
  persona_id: Id,
  q: text(1, 500),
  limit: z.coerce.number().int().min(1).max(50).default(10),
})
/** The tools that the persona's model would find, best match first. */
export const ToolSearchResponse = z.object({
  tools: z.array(z.object({ name: z.string(), description: z.string(), score: z.number() })),
})
export type ToolSearchResponse = z.infer<typeof ToolSearchResponse>

/** A secret without its value: no response contains that. */
export const Secret = z
  .object({
    id: Id,
    workspace_id: Id,
    name: z.string(),
    /** The id of the key that encrypts it. */
    key_id: z.string(),
    created_by: Id.nullable(),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Secret' })
export type Secret = z.infer<typeof Secret>
export const SecretName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must start with a letter and contain only letters, digits and _ . -')
export const SecretsResponse = z.object({ secrets: z.array(Secret) })
export const SecretResponse = z.object({ secret: Secret })
export const SaveSecretRequest = z.strictObject({ value: text(1, 64_000) })
export type SaveSecretRequest = z.infer<typeof SaveSecretRequest>

/** Parts that requests to a model server may leave out: fields, and keywords of the tools' JSON Schemas. */
export const LEAVE_OUT_FIELDS = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'stream_options',
  /** A message without text is sent with an empty text. */
  'null_content',
  /** Fields of the server's own that an answer had (reasoning, signatures) are not sent back. */
  'own_fields',
] as const
export const LEAVE_OUT_KEYWORDS = [
  ...(['additionalProperties', '$schema', 'const', 'default', 'format', 'pattern', 'propertyNames'] as const),
  ...(['patternProperties', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const),
  ...(['minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties'] as const),
  ...(['title', 'examples', 'oneOf', 'not'] as const),
]
export const LeaveOut = z.enum([
  ...LEAVE_OUT_FIELDS,
  ...LEAVE_OUT_KEYWORDS.map((keyword) => `schema.${keyword}` as const),
])
export type LeaveOut = z.infer<typeof LeaveOut>

/** Reads a list such as `temperature, schema.format`. Throws an error that names the first entry that cannot be left out. */
export function parseLeaveOut(list: string): LeaveOut[] {
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => {
      const known = LeaveOut.safeParse(entry)
      if (known.success) return known.data
      throw new Error(`OPENAI_LEAVE_OUT: "${entry}" cannot be left out. These can: ${LeaveOut.options.join(', ')}.`)
    })
}

export const Provider = z
  .object({
    id: Id,
    workspace_id: Id,
    name: z.string(),
    base_url: z.string(),
    models: z.array(z.string()),
    vision_models: z.array(z.string()),
    leave_out: z.array(LeaveOut),
    is_default: z.boolean(),
    has_api_key: z.boolean(),
    created_at: Timestamp,
  })
  .meta({ id: 'Provider' })
export type Provider = z.infer<typeof Provider>
export const ProviderName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must contain only small letters, digits and -, at most 32')
export const ProvidersResponse = z.object({ providers: z.array(Provider) })
export const ProviderResponse = z.object({ provider: Provider })
export const SaveProviderRequest = z.strictObject({
  /** An OpenAI-compatible endpoint, e.g. https://api.example.com/v1 */
  base_url: HttpUrl,
  /** Stored encrypted, as the secret `provider.<name>`. If it is missing, the stored key stays. */
  api_key: text(1, 4000).optional(),
  models: z.array(text(1, 200)).min(1).max(100),
  /** Those of `models` that accept images. Other models get a description instead. */
  vision_models: z.array(text(1, 200)).max(100).default([]),
  /** Parts that the server refuses, so requests leave them out from the start. Otherwise each worker has to find out. */
  leave_out: z.array(LeaveOut).max(LeaveOut.options.length).default([]),
  is_default: z.boolean().default(false),
})
export type SaveProviderRequest = z.input<typeof SaveProviderRequest>

export const TestProviderRequest = SaveProviderRequest.pick({ base_url: true, leave_out: true }).extend({
  /** If it is missing, the key that is stored for the provider of this name is used, if there is one. */
  api_key: text(1, 4000).optional(),
  /** The model to call. If it is missing, the first one that the server lists. */
  model: text(1, 200).optional(),
})
export type TestProviderRequest = z.input<typeof TestProviderRequest>

/** `skipped`: an earlier step failed. `message` says what was found, or what is wrong and what to do. */
export const ProviderTestStep = z.object({
  name: z.enum(['reach', 'models', 'answer', 'tool']),
  state: z.enum(['ok', 'failed', 'skipped']),
  message: z.string(),
})
export type ProviderTestStep = z.infer<typeof ProviderTestStep>

export const ProviderTestResult = z.object({
  steps: z.array(ProviderTestStep),
  /** The models that the server lists. */
  models: z.array(z.string()),
  /** The model that was called. */
  model: z.string().nullable(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  /** What the call cost at the prices of this installation. */
  cost: z.number(),
  currency: z.string(),
  /** False: the model has no price of its own, so the high price of unknown models counts. */
  has_price: z.boolean(),
})
export type ProviderTestResult = z.infer<typeof ProviderTestResult>

/** A worker makes the test; `result` is null until it is over. */
export const ProviderTest = z
  .object({
    id: Id,
    workspace_id: Id,
    name: z.string(),
    base_url: z.string(),
    model: z.string().nullable(),
    result: ProviderTestResult.nullable(),
    created_at: Timestamp,
    finished_at: Timestamp.nullable(),
  })
  .meta({ id: 'ProviderTest' })
export type ProviderTest = z.infer<typeof ProviderTest>
export const ProviderTestResponse = z.object({ test: ProviderTest })
