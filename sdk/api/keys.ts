/** API keys, and the token that a key is exchanged for. */
import { ApiKeysResponse, type CreateApiKeyRequest, CreateApiKeyResponse, TokenResponse } from '../../contracts/api.ts'
import { type ApiClient, type ApiOptions, apiClient } from './client.ts'

/** All but `exchange` need a session. */
export const keyCommands = (api: ApiClient) => ({
  /** The person's keys that are not revoked, newest first. */
  list: async () => (await api.send('GET', '/me/keys', ApiKeysResponse)).keys,
  /** Only this answer contains the key itself, as `secret`. */
  create: (request: CreateApiKeyRequest) => api.send('POST', '/me/keys', CreateApiKeyResponse, request),
  revoke: (id: string) => api.run('DELETE', `/me/keys/${id}`),
  /** A token of five minutes, for a client that was made with an API key. */
  exchange: () => api.send('POST', '/tokens', TokenResponse),
})

/** Tokens are exchanged this long before they expire. */
const EARLY_MS = 60_000

/**
 * The option `accessToken` of supabase-js for a script with an API key:
 * `createClient(url, publishableKey, { accessToken: apiKeyToken({ url, publishableKey, apiKey }) })`. PostgREST, Realtime and
 * Storage then answer within the scopes of the key.
 */
export function apiKeyToken({ apiKey, ...options }: Omit<ApiOptions, 'accessToken'> & { apiKey: string }) {
  const { exchange } = keyCommands(apiClient({ ...options, accessToken: async () => apiKey }))
  let token: Promise<TokenResponse> | undefined
  return async (): Promise<string> => {
    const known = await token?.catch(() => undefined)
    if (!known || Date.parse(known.expires_at) - Date.now() < EARLY_MS) token = exchange()
    return (await (token as Promise<TokenResponse>)).access_token
  }
}
