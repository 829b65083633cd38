/** The API under test: the embedded stack with the functions in Deno, people of each role, calls. */
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { inject } from 'vitest'
import { ANSWER_AUDIENCE, answerLinkKey } from '../../contracts/answer-link.ts'
import { manifests } from '../../tools/registry.ts'
import { createDatabase } from '../support/database.ts'
import { type Instance, startInstance } from '../support/embedded/instance.ts'

const functionsDir = join(import.meta.dirname, '../../functions')

export interface Reply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever came; tests say what they expect of it
  body: any
}
export interface CallOptions {
  body?: unknown
  headers?: Record<string, string>
}
/** `path` starts behind `/functions/v1/api`. A body is sent as JSON, a string as it stands. */
export type Call = (method: string, path: string, options?: CallOptions) => Promise<Reply>

export interface Person {
  id: string
  email: string
  token: string
  call: Call
}

/** The tenant that most tests work in, with a person of each role; the outsider owns another one. */
export type Role = 'owner' | 'admin' | 'member' | 'viewer' | 'outsider'

export interface Api {
  instance: Instance
  people: Record<Role, Person>
  workspaceId: string
  /** Without a session. */
  anonymous: Call
  /** A new account, in no workspace. */
  person(): Promise<Person>
  close(): Promise<void>
}

/** On a real PostgreSQL, unless told otherwise. */
export async function startApi(on: 'PostgreSQL' | 'PGlite' = 'PostgreSQL'): Promise<Api> {
  const database = on === 'PostgreSQL' ? await createDatabase(inject('postgresUrl')) : undefined
  const instance = await startInstance({ databaseUrl: database?.url, functionsDir })
  const { query } = instance.database
  await query('select platform.register_tools($1)', [JSON.stringify(await manifests())])

  const base = `${instance.apiUrl}/functions/v1/api`
  const person = async (): Promise<Person> => {
    const { client, id, email } = await instance.signedIn()
    const token = (await client.auth.getSession()).data.session?.access_token ?? ''
    return { id, email, token, call: (...request) => call(base, token, ...request) }
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

async function openWorkspace(person: Person, name: string): Promise<string> {
  return (await succeed(person, '/workspaces', { name })).workspace.id
}

export async function makePersona(person: Person, workspace_id: string, changes: object = {}): Promise<string> {
  return (await succeed(person, '/personas', { workspace_id, name: 'Ada', instructions: 'Help.', ...changes })).persona
    .id
}

export async function makeRun(person: Person, persona_id: string, input = 'Do it.'): Promise<string> {
  return (await succeed(person, '/runs', { persona_id, input })).run.id
}

/** The token of a link in a mail, as the executor makes it. `expires`: when, for jose. */
export async function answerToken(encryptionKey: string, approvalId: string, userId: string, expires = '1h') {
  return new SignJWT({ user_id: userId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(approvalId)
    .setAudience(ANSWER_AUDIENCE)
    .setExpirationTime(expires)
    .sign(await answerLinkKey(encryptionKey))
}

async function succeed(person: Person, path: string, body: object): Promise<Reply['body']> {
  const reply = await person.call('POST', path, { body })
  if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body
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
