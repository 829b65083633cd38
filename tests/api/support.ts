/** The API under test: the embedded stack with the functions in Deno, people of each role, calls. */
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { inject } from 'vitest'
import { ANSWER_AUDIENCE, answerLinkKey } from '../../contracts/answer-link.ts'
import type { CreatePersonaRequest } from '../../contracts/api.ts'
import { type Api as Client, createApi } from '../../sdk/index.ts'
import { manifests } from '../../tools/registry.ts'
import { createDatabase } from '../support/database.ts'
import { type Instance, startInstance } from '../support/embedded/instance.ts'

const functionsDir = join(import.meta.dirname, '../../functions')

export interface Reply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: any answer; each test says what it expects
  body: any
}
export interface CallOptions {
  body?: unknown
  headers?: Record<string, string>
}
/** `path` is relative to `/functions/v1/api`. A body is sent as JSON, a string unchanged. */
export type Call = (method: string, path: string, options?: CallOptions) => Promise<Reply>

export interface Person {
  id: string
  email: string
  token: string
  /** The typed client, for steps that a test needs but does not examine. */
  api: Client
  /** Sends any request, also an invalid one. */
  call: Call
}

/** The tenant of most tests, with a person of each role. The outsider owns another tenant. */
export type Role = 'owner' | 'admin' | 'member' | 'viewer' | 'outsider'

export interface Api {
  instance: Instance
  people: Record<Role, Person>
  workspaceId: string
  /** Without a session. */
  anonymous: Call
  /** A new account that is in no workspace. */
  person(): Promise<Person>
  close(): Promise<void>
}

/** Uses a real PostgreSQL unless told otherwise. */
export async function startApi(on: 'PostgreSQL' | 'PGlite' = 'PostgreSQL'): Promise<Api> {
  const database = on === 'PostgreSQL' ? await createDatabase(inject('postgresUrl')) : undefined
  const instance = await startInstance({ databaseUrl: database?.url, functionsDir })
  const { query } = instance.database
  await query('select platform.register_tools($1)', [JSON.stringify(await manifests())])

  const base = `${instance.apiUrl}/functions/v1/api`
  const person = async (): Promise<Person> => {
    const { client, id, email } = await instance.signedIn()
    const token = (await client.auth.getSession()).data.session?.access_token ?? ''
    const accessToken = async () => token
    const api = createApi({ url: instance.apiUrl, publishableKey: instance.keys.publishable, accessToken })
    return { id, email, token, api, call: (...request) => call(base, token, ...request) }
  }
  const [owner, admin, member, viewer, outsider] = await Promise.all([person(), person(), person(), person(), person()])
  const workspaceId = await openWorkspace(owner, 'Acme')
  await openWorkspace(outsider, 'Globex')
  await query(
    `insert into public.workspace_members (workspace_id, user_id, role)
     values ($1, $2, 'admin'), ($1, $3, 'member'), ($1, $4, 'viewer')`,
    [workspaceId, admin.id, member.id, viewer.id],
  )
  return {
    instance,
    people: { owner, admin, member, viewer, outsider },
    workspaceId,
    anonymous: (...request) => call(base, instance.keys.publishable, ...request),
    person,
    close: async () => {
      await instance.close()
      await database?.drop()
    },
  }
}

const openWorkspace = async (person: Person, name: string) => (await person.api.workspaces.create(name)).id

export async function makePersona(
  { api }: Person,
  workspace_id: string,
  changes: Partial<CreatePersonaRequest> = {},
): Promise<string> {
  const made = await api.personas.create({ workspace_id, name: 'Ada', instructions: 'Help.', ...changes })
  return made.persona.id
}

export const makeRun = async ({ api }: Person, persona_id: string, input = 'Do it.') =>
  (await api.runs.create({ persona_id, input })).id

/** The token of a link in a mail, as the executor makes it. `expires` is a time in the form of jose. */
export async function answerToken(encryptionKey: string, approvalId: string, userId: string, expires = '1h') {
  return new SignJWT({ user_id: userId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(approvalId)
    .setAudience(ANSWER_AUDIENCE)
    .setExpirationTime(expires)
    .sign(await answerLinkKey(encryptionKey))
}

export async function call(
  base: string,
  token: string,
  method: string,
  path: string,
  { body, headers }: CallOptions = {},
  send: typeof fetch = fetch,
): Promise<Reply> {
  const response = await send(base + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const isJson = text !== '' && response.headers.get('content-type')?.startsWith('application/json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}
