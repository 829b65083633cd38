import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { Broadcaster } from './broadcast.ts'

interface Seen {
  path: string | undefined
  key: string | undefined
  messages: { topic: string; event: string; private: boolean; payload: Record<string, unknown> }[]
}

let server: Server
afterEach(() => {
  server.close()
  server.closeAllConnections()
})

async function realtime(status: number) {
  const seen: Seen[] = []
  server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const { messages } = JSON.parse(Buffer.concat(parts).toString())
    seen.push({ path: request.url, key: request.headers.apikey as string, messages })
    response.writeHead(status).end()
  }).listen(0)
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { seen, broadcaster: new Broadcaster(url, 'sb_secret_x', pino({ level: 'silent' })) }
}

it('sends messages that arrive together in one request, and joins consecutive pieces of one text', async () => {
  const { seen, broadcaster } = await realtime(202)
  broadcaster.tokens('r1', { llm_call_id: 'c1', offset: 0, text: 'Hel' })
  broadcaster.tokens('r1', { llm_call_id: 'c1', offset: 3, text: 'lo' })
  broadcaster.tokens('r2', { llm_call_id: 'c2', offset: 0, text: 'Hi' })
  broadcaster.progress('r2', { tool_run_id: 't', message: 'half', fraction: 0.5 })
  await broadcaster.flush()
  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({ path: '/realtime/v1/api/broadcast', key: 'sb_secret_x' })
  expect(seen[0]?.messages).toEqual([
    { topic: 'run:r1', event: 'tokens', private: true, payload: { llm_call_id: 'c1', offset: 0, text: 'Hello' } },
    { topic: 'run:r2', event: 'tokens', private: true, payload: { llm_call_id: 'c2', offset: 0, text: 'Hi' } },
    {
      topic: 'run:r2',
      event: 'progress',
      private: true,
      payload: { tool_run_id: 't', message: 'half', fraction: 0.5 },
    },
  ])
})

it('keeps sending after a failure', async () => {
  const { seen, broadcaster } = await realtime(500)
  for (const offset of [0, 1]) {
    broadcaster.tokens('r1', { llm_call_id: 'c1', offset, text: 'x' })
    await broadcaster.flush()
  }
  expect(seen).toHaveLength(2)
})
