/** Statements that the database refuses, sent by anon and by a member through the public API. */
import { randomUUID } from 'node:crypto'
import type { Target } from './attacks.ts'

interface Statement {
  path: string
  as: 'anon' | 'member'
  body?: object
}

const strangersId = '10000000-0000-4000-8000-000000000001'

const statements: Statement[] = [
  { path: '/rest/v1/audit_events?select=id', as: 'anon' },
  { path: '/rest/v1/runs?select=missing', as: 'anon' },
  { path: '/rest/v1/runs?id=eq.no-uuid', as: 'anon' },
  { path: '/rest/v1/runs?id=eq.no-uuid', as: 'member' },
  { path: '/rest/v1/runs?select=missing', as: 'member' },
  { path: '/rest/v1/runs?created_at=gt.yesteryear', as: 'member' },
  { path: '/rest/v1/workspaces', as: 'member', body: { id: strangersId, name: 'Not mine' } },
  {
    path: '/rest/v1/rpc/create_run',
    as: 'member',
    body: { persona_id: randomUUID(), input: 'Do it.', idempotency_key: 'k' },
  },
  { path: '/rest/v1/rpc/create_persona', as: 'member', body: { workspace_id: strangersId, definition: { name: 'x' } } },
]

const AT_ONCE = 8

/** Sends `count` of them. Resolves to the number of answers with each status. */
export async function sendRefused(
  { url, publishableKey, member }: Target,
  count: number,
): Promise<Map<number, number>> {
  const { data } = await member.auth.getSession()
  const tokens = { anon: publishableKey, member: data.session?.access_token ?? '' }
  const statuses = new Map<number, number>()
  let next = 0
  const sender = async () => {
    while (next < count) {
      const { path, as, body } = statements[next++ % statements.length]!
      const response = await fetch(url + path, {
        method: body ? 'POST' : 'GET',
        headers: { apikey: publishableKey, authorization: `Bearer ${tokens[as]}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      await response.text()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sender))
  return statuses
}
