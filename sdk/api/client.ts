/** Sends requests to the platform's HTTP API with the caller's token. */
import type { SupabaseClient } from '@supabase/supabase-js'
import type { z } from 'zod'
import { ApiError, ValidationDetails } from '../../contracts/api.ts'
import { Failure } from '../failure.ts'

export interface ApiOptions {
  /** The address of the platform, e.g. http://localhost:54321 */
  url: string
  publishableKey: string
  /** Called before each request. Returns the access token of a Supabase session, or an API key; null if there is neither. */
  accessToken(): Promise<string | null>
  /** Sends the requests; the default is the global `fetch`. */
  fetch?: typeof fetch
}

export interface ApiClient {
  /** Sends `body` as JSON and checks the answer against `schema`; rejects with a `Failure`. */
  send<T>(
    method: string,
    path: string,
    schema: z.ZodType<T>,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T>
  /** For requests whose answer is not needed. */
  run(method: string, path: string, body?: unknown): Promise<void>
}

export function apiClient(options: ApiOptions): ApiClient {
  async function request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<unknown> {
    const token = await options.accessToken()
    const send = options.fetch ?? fetch
    const response = await send(`${options.url}/functions/v1/api${path}`, {
      method,
      headers: {
        apikey: options.publishableKey,
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    const json = parse(text)
    if (!response.ok) throw failureOf(response.status, json)
    return json
  }
  return {
    send: async (method, path, schema, body, headers) => schema.parse(await request(method, path, body, headers)),
    run: async (method, path, body) => void (await request(method, path, body)),
  }
}

/** Returns the access token of this supabase-js client's session, which supabase-js refreshes. */
export const sessionToken = (supabase: SupabaseClient) => async () =>
  (await supabase.auth.getSession()).data.session?.access_token ?? null

/** Adds the parameters that have a value to `path`. */
export function withQuery(path: string, parameters: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? path : `${path}?${query}`
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return null
  }
}

function failureOf(status: number, json: unknown): Failure {
  const known = ApiError.safeParse(json)
  if (!known.success) return new Failure('internal', `The platform answered with an error (${status}).`, status)
  const { code, message, details } = known.data.error
  const fields = ValidationDetails.safeParse(details)
  if (!fields.success || fields.data.length === 0) return new Failure(code, message, status, details)
  const wrong = fields.data.map((field) => `${field.path || 'request'}: ${field.message}`).join('; ')
  return new Failure(code, `${message} ${wrong}`, status, details)
}
