/** API keys, and the tokens that they are exchanged for. */
import { z } from 'zod'
import { DisplayName, Id, Timestamp } from './common.ts'

/** The form of a key. Its first part, which is stored, is the `prefix` that people recognise the key by. */
export const API_KEY = /^(ppk_[A-Za-z0-9]{8})_[A-Za-z0-9]{40}$/

/**
 * What a key may do for its person, whose own rights it never exceeds.
 *
 * | scope | allows |
 * |---|---|
 * | `runs:read` | read what a viewer reads: workspace, personas, runs, files, questions |
 * | `runs:write` | the same, and start, cancel, fork and schedule runs |
 * | `approvals:decide` | the same as `runs:read`, and decide and answer questions |
 * | `admin` | all that the person may do, except to make and revoke keys |
 */
export const KeyScope = z.enum(['runs:read', 'runs:write', 'approvals:decide', 'admin'])
export type KeyScope = z.infer<typeof KeyScope>

export const ApiKey = z
  .object({
    id: Id,
    name: z.string(),
    /** The beginning of the key: `ppk_` and eight characters. */
    prefix: z.string(),
    scopes: z.array(KeyScope),
    /** The only workspace that the key opens; null means all workspaces of the person. */
    workspace_id: Id.nullable(),
    /** Null means that the key does not expire. */
    expires_at: Timestamp.nullable(),
    /** To the minute; null if the key was never used. */
    last_used_at: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>
export const ApiKeysResponse = z.object({ keys: z.array(ApiKey) })
export type ApiKeysResponse = z.infer<typeof ApiKeysResponse>

export const CreateApiKeyRequest = z.strictObject({
  name: DisplayName,
  scopes: z.array(KeyScope).min(1).max(4),
  workspace_id: Id.nullish(),
  expires_at: Timestamp.nullish(),
})
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>
/** Only this response contains `secret`, the key itself. The platform stores only its hash. */
export const CreateApiKeyResponse = z.object({ key: ApiKey, secret: z.string() })
export type CreateApiKeyResponse = z.infer<typeof CreateApiKeyResponse>

/** A token of the key's person for PostgREST, Realtime and Storage; the scopes of the key apply. */
export const TokenResponse = z.object({ access_token: z.string(), expires_at: Timestamp })
export type TokenResponse = z.infer<typeof TokenResponse>
