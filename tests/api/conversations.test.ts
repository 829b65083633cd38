/** Protects: messages through the API: once for each key, bounded, and followed live by those who may see them. */
import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Api, makePersona, makeRun, startApi } from './support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const send = (runId: string, body: object, key?: string) =>
  api.people.member.call('POST', `/runs/${runId}/messages`, {
    body,
    headers: key ? { 'Idempotency-Key': key } : {},
  })

test('twenty requests at once with one key send one message', async () => {
  const runId = await makeRun(api.people.member, await makePersona(api.people.owner, api.workspaceId))
  await api.people.member.api.runs.cancel(runId)
  const replies = await Promise.all(Array.from({ length: 20 }, () => send(runId, { input: 'Go on.' }, 'storm')))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]))
  expect(new Set(replies.map(({ body }) => body.run_id)).size).toBe(1)
  const { conversation_id } = replies[0]!.body
  const conversation = await api.people.member.api.conversations.get(conversation_id)
  expect(conversation.messages.map(({ input }) => input)).toEqual(['Do it.', 'Go on.'])
  expect(conversation.runs).toHaveLength(2)
  expect(await send(runId, { input: 'Other.' }, 'storm')).toMatchObject({
    status: 409,
    body: { error: { code: 'idempotency_key_reused' } },
  })
})

test('a message is as bounded as a task', async () => {
  const runId = await makeRun(api.people.member, await makePersona(api.people.owner, api.workspaceId))
  const stray = { name: 'x.txt', path: 'x.txt', content_type: 'text/plain', size: 1 }
  for (const body of [
    { input: ' ' },
    { input: 'x'.repeat(100_001) },
    { input: 'Read.', attachments: [stray] },
    { input: 'Read.', attachments: Array.from({ length: 21 }, () => stray) },
  ]) {
    expect((await send(runId, body)).status, JSON.stringify(body).slice(0, 60)).toBe(422)
  }
})

test('a page follows messages and conversations live, and strangers see nothing', async () => {
  const persona = await makePersona(api.people.owner, api.workspaceId)
  const runId = await makeRun(api.people.member, persona)
  const { client, id } = await api.instance.signedIn()
  const stranger = (await api.instance.signedIn()).client
  await api.instance.database.query(
    "insert into public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'viewer')",
    [api.workspaceId, id],
  )
  const seen = await follow(client)
  const unseen = await follow(stranger)
  await send(runId, { input: 'Also this.' })
  await vi.waitFor(() => expect(seen).toEqual(expect.arrayContaining(['conversation_messages', 'conversations'])), {
    timeout: 15_000,
  })
  expect(unseen).toEqual([])
  await Promise.all([client, stranger].map((one) => one.realtime.disconnect()))
})

/** The names of the tables whose changes arrive. */
async function follow(client: SupabaseClient): Promise<string[]> {
  const tables: string[] = []
  await client.realtime.setAuth()
  const channel = client.channel(`test-${crypto.randomUUID()}`)
  for (const table of ['conversations', 'conversation_messages']) {
    channel.on('postgres_changes', { event: '*', schema: 'public', table }, (change) => tables.push(change.table))
  }
  const listening = Promise.withResolvers<void>()
  channel.on('system', {}, ({ status }) => {
    if (status === 'ok') listening.resolve()
  })
  channel.subscribe()
  await listening.promise
  return tables
}
