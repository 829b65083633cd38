import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, isIP, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type EgressDoor, openEgressDoor } from './proxy.ts'

const web = createServer(async (incoming, response) => {
  response.setHeader('x-seen', JSON.stringify(incoming.headers))
  response.end(`${incoming.method} ${incoming.url} ${await text(incoming)}`)
})
const echo = createTcpServer((socket) => socket.pipe(socket))
const answers: Record<string, string[]> = {
  'web.test': ['127.0.0.1'],
  'inner.test': ['10.0.0.7', '169.254.169.254'],
  'mixed.test': ['10.0.0.7', '127.0.0.1'],
}
const lines: Record<string, unknown>[] = []
let folder: string
let door: EgressDoor
let resolved: string[]

const portOf = (server: Server | typeof web) => (server.address() as AddressInfo).port
const listening = (server: Server | typeof web) =>
  new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))

beforeAll(async () => {
  await Promise.all([listening(web), listening(echo)])
  folder = await mkdtemp(join(tmpdir(), 'egress-'))
  door = await openEgressDoor({
    socketPath: join(folder, 'door'),
    personaId: 'p1',
    log: pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) }),
    traceIds: () => ['run-1'],
    async reach({ host }) {
      resolved.push(host)
      const addresses = isIP(host) ? [host] : answers[host]
      if (!addresses) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
      return addresses.filter((address) => address === '127.0.0.1')
    },
  })
})

beforeEach(() => {
  lines.length = 0
  resolved = []
  door.allow([
    `web.test:${portOf(web)}`,
    `web.test:${portOf(echo)}`,
    'inner.test',
    `mixed.test:${portOf(web)}`,
    'gone.test',
  ])
})

afterAll(async () => {
  await door.close()
  web.close()
  echo.close()
  await rm(folder, { recursive: true })
})

async function get(url: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {}) {
  return new Promise<{ status: number | undefined; body: string; seen: Record<string, string> }>((resolve, reject) => {
    const sent = request({ socketPath: join(folder, 'door'), path: url, ...options }, async (response) => {
      const seen = JSON.parse(String(response.headers['x-seen'] ?? '{}'))
      resolve({ status: response.statusCode, body: await text(response), seen })
    })
    sent.once('error', reject)
    sent.end(options.body)
  })
}

/** Sends raw bytes to the door; resolves with what came back until `until` was seen or the connection ended. */
async function raw(bytes: string, until = /\r\n\r\n/): Promise<{ socket: Socket; seen: string }> {
  const socket = connect(join(folder, 'door'))
  socket.write(bytes)
  let seen = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    seen += chunk
    if (until.test(seen)) break
  }
  return { socket, seen }
}

test('forwards a plain request, without the headers for the proxy', async () => {
  const answer = await get(`http://web.test:${portOf(web)}/a?b=1`, {
    method: 'POST',
    body: 'hello',
    headers: { 'proxy-authorization': 'Basic x', 'x-own': 'kept', connection: 'x-hop', 'x-hop': 'gone' },
  })
  expect(answer).toMatchObject({ status: 200, body: 'POST /a?b=1 hello' })
  expect(answer.seen).toMatchObject({ host: `web.test:${portOf(web)}`, 'x-own': 'kept' })
  expect(answer.seen).not.toHaveProperty('proxy-authorization')
  expect(answer.seen).not.toHaveProperty('x-hop')
  await expect.poll(() => lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    verdict: 'allowed',
    host: 'web.test',
    address: '127.0.0.1',
    trace_ids: ['run-1'],
    persona_id: 'p1',
  })
  expect(lines[0]?.bytes_received).toBeGreaterThan(100)
})

test('tunnels CONNECT both ways, and ends the tunnel when the host leaves the list', async () => {
  const { socket, seen } = await raw(`CONNECT web.test:${portOf(echo)} HTTP/1.1\r\nhost: web.test\r\n\r\n`)
  expect(seen).toMatch(/^HTTP\/1.1 200 /)
  socket.write('ping')
  const [reply] = await new Promise<Buffer[]>((resolve) => socket.once('data', (data) => resolve([data])))
  expect(String(reply)).toBe('ping')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  door.allow([])
  await Promise.race([closed, sleep(2_000).then(() => Promise.reject(new Error('the tunnel stayed open')))])
  expect(lines).toMatchObject([{ verdict: 'allowed', method: 'CONNECT', bytes_sent: 4, bytes_received: 4 }])
})

test('denies a host that is not listed before it asks the DNS, and says which list to change', async () => {
  const answer = await get('http://evil.test/')
  expect(answer.status).toBe(403)
  expect(answer.body).toMatch(/evil\.test is not among this persona's allowed hosts/)
  const { seen } = await raw('CONNECT evil.test:443 HTTP/1.1\r\nhost: evil.test\r\n\r\n')
  expect(seen).toMatch(/^HTTP\/1.1 403 evil.test is not/)
  expect(seen).toMatch(/allowed hosts/)
  expect(resolved).toEqual([])
  expect(lines).toMatchObject([
    { verdict: 'denied', host: 'evil.test', port: 80 },
    { verdict: 'denied', port: 443 },
  ])
})

test('refuses a listed name with a private address, and uses the permitted one of several addresses', async () => {
  expect(await get('http://inner.test/')).toMatchObject({
    status: 403,
    body: expect.stringMatching(/private or reserved/),
  })
  expect(await get(`http://mixed.test:${portOf(web)}/`)).toMatchObject({ status: 200 })
})

test.each([
  ['http://0x7f000002/', '127.0.0.2'],
  ['http://2130706434/', '127.0.0.2'],
  ['http://[::ffff:7f00:2]/', '::ffff:7f00:2'],
  ['http://169.254.169.254/', '169.254.169.254'],
])('refuses the address %s even when it is listed', async (url, host) => {
  door.allow(['*'])
  expect(await get(url)).toMatchObject({ status: 403 })
  expect(lines).toMatchObject([{ host, verdict: 'denied' }])
})

test('says when a host cannot be reached', async () => {
  expect(await get('http://gone.test/')).toMatchObject({ status: 502, body: expect.stringMatching(/ENOTFOUND/) })
})

test.each(['/relative', 'ftp://web.test/', 'https://web.test/'])('refuses %s as no proxy request', async (url) => {
  expect(await get(url)).toMatchObject({ status: 400 })
})

test('survives clients that send nonsense or hang up', async () => {
  await raw('nonsense\r\n\r\n')
  const { socket } = await raw(`CONNECT web.test:${portOf(echo)} HTTP/1.1\r\n\r\n`)
  socket.destroy()
  expect(await get(`http://web.test:${portOf(web)}/still`)).toMatchObject({ status: 200 })
})
