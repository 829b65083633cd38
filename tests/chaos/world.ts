/**
 * The external world, on which the tools of the chaos test act: a real SMTP server and a real HTTP server. Both count
 * an action at the moment when it has happened for them, and answer a little later, as real servers do.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'

const ANSWER_MS = { from: 20, to: 150 }

export interface World {
  httpUrl: string
  smtpUrl: string
  /** How often each call was done. A mail names the call in its Message-ID, a form in its content. */
  effects: Map<string, number>
  /** Requests per idempotency key. Only the first one counts; the others get the same answer. */
  puts: Map<string, number>
  pure: Map<string, number>
  /** Webhooks per delivery id, and notices to people per Message-ID. */
  webhooks: Map<string, number>
  notices: Map<string, number>
  close(): Promise<void>
}

export async function startWorld(): Promise<World> {
  const counts = { effects: count(), puts: count(), pure: count(), webhooks: count(), notices: count() }
  const smtp = await startMailServer((id) => {
    const call = CALL_MAIL.exec(id)?.[1]
    raise(call ? counts.effects : counts.notices, call ?? id)
  })
  const http = createServer((request, response) => void answer(request, response, counts)).listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    ...counts,
    httpUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    smtpUrl: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    async close() {
      http.close()
      http.closeAllConnections()
      await new Promise<void>((resolve) => smtp.close(() => resolve()))
    },
  }
}

/** The Message-ID of a mail that a tool call sends: the same for every attempt of the call. */
export const messageIdOf = (toolRunId: string) => `<${toolRunId}@call.persona-platform>`
const CALL_MAIL = /^<(.+)@call\.persona-platform>$/

type Counts = Pick<World, 'effects' | 'puts' | 'pure' | 'webhooks' | 'notices'>
const count = () => new Map<string, number>()

function raise(counts: Map<string, number>, key: string): number {
  const times = (counts.get(key) ?? 0) + 1
  counts.set(key, times)
  return times
}

async function startMailServer(onMail: (messageId: string) => void): Promise<SMTPServer> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk) => chunks.push(chunk))
      stream.on('end', () => {
        onMail(/^Message-ID:\s*(<[^>]+>)/im.exec(Buffer.concat(chunks).toString())?.[1] ?? 'none')
        setTimeout(done, ANSWER_MS.from)
      })
    },
  })
  server.on('error', () => {}) // a killed client breaks its connection
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/**
 * POST /pure, PUT /things/<key>[?flaky], POST /form with the call's id, POST /hook, GET /sent/<call>: the Sent folder.
 */
async function answer(request: IncomingMessage, response: ServerResponse, counts: Counts): Promise<void> {
  request.on('error', () => {})
  for await (const _ of request);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://world')
  const [, place = '', key = ''] = pathname.split('/')
  const id = String(request.headers['x-call'] ?? key)
  switch (place) {
    case 'pure':
      raise(counts.pure, id)
      break
    case 'things':
      if (raise(counts.puts, id) === 1 && searchParams.has('flaky')) return void response.writeHead(503).end()
      break
    case 'form':
      raise(counts.effects, id)
      break
    case 'hook':
      raise(counts.webhooks, String(request.headers['webhook-id']))
      break
    case 'sent':
      return void response.writeHead(counts.effects.has(id) ? 200 : 404).end()
    default:
      return void response.writeHead(404).end()
  }
  await sleep(ANSWER_MS.from + Math.random() * (ANSWER_MS.to - ANSWER_MS.from))
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
}
