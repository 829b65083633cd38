/** Protects the platform's own network: addresses that tenants enter reach only what is allowed, whatever the URL, name or redirect. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { parseInternalHosts } from '../../contracts/outgoing.ts'
import { ForbiddenTargetError, openOutgoing } from './outgoing.ts'
import { type Resolve, reach } from './reach.ts'

const servers: Server[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done)))))

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((done) => server.once('listening', done))
  return (server.address() as AddressInfo).port
}

async function post(url: string, internal = '', resolve?: Resolve) {
  const outgoing = openOutgoing(reach(parseInternalHosts(internal), resolve))
  try {
    const answer = await outgoing.fetch(url, { method: 'POST', body: 'hello', headers: { 'x-key': 'k' } })
    return { status: answer.status, body: await answer.text() }
  } finally {
    await outgoing.close()
  }
}

test.each([
  'http://127.0.0.1:9/',
  'http://[::1]:9/',
  'http://[::ffff:127.0.0.1]:9/',
  'http://2130706433:9/',
  'http://0x7f.1:9/',
  'http://localhost:8099/',
  'http://10.0.0.1/',
  'https://10.0.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0.0.0.0:9/',
  'ftp://example.com/',
  'file:///etc/passwd',
])('%s is refused before anything is sent', async (url) => {
  await expect(post(url)).rejects.toThrow(ForbiddenTargetError)
})

test('a host on the operator’s list gets the request, but not on another port', async () => {
  const port = await serve(async (request, response) => response.writeHead(201).end(`got ${await text(request)}`))
  expect(await post(`http://127.0.0.1:${port}/`, `127.0.0.1:${port}`)).toEqual({ status: 201, body: 'got hello' })
  expect(await post(`HTTP://LOCALHOST:${port}/`, `localhost:${port}`)).toMatchObject({ status: 201 })
  await expect(post(`http://127.0.0.1:${port}/`, '127.0.0.1:9')).rejects.toThrow('INTERNAL_HOSTS')
  await expect(post(`http://localhost:${port}/`, `127.0.0.1:${port}`)).rejects.toThrow('not on the public internet')
})

test('a name is resolved once, and only its allowed addresses are used', async () => {
  let asked = false
  const port = await serve((_request, response) => {
    asked = true
    response.end()
  })
  const answers = [['10.0.0.7', '127.0.0.1'], ['127.0.0.1']]
  const resolve = async () => answers.shift() ?? []
  await expect(post(`http://rebound.test:${port}/`, '', resolve)).rejects.toThrow('not on the public internet')
  expect(answers, 'the second answer was not asked for').toHaveLength(1)
  expect(asked).toBe(false)
})

test.each([301, 302, 303, 307, 308])('a redirect (%i) to another host or port is not followed', async (status) => {
  let asked = false
  const inside = await serve((_request, response) => {
    asked = true
    response.end('secret')
  })
  const outside: number = await serve((_request, response) =>
    response.writeHead(status, { location: `http://127.0.0.1:${inside}/` }).end('moved'),
  )
  const answer = await post(`http://127.0.0.1:${outside}/`, `127.0.0.1:${outside} 127.0.0.1:${inside}`).catch(String)
  expect(answer).toEqual(
    status < 307 ? { status, body: 'moved' } : expect.stringContaining('redirects to another address'),
  )
  expect(asked).toBe(false)
})

test('a redirect on the same host keeps method and body, and a loop of redirects ends', async () => {
  const port: number = await serve(async (request, response) => {
    if (request.url === '/') response.writeHead(307, { location: '/next' }).end()
    else if (request.url === '/next') response.end(`${request.method} ${await text(request)}`)
    else response.writeHead(308, { location: '/again' }).end()
  })
  expect(await post(`http://127.0.0.1:${port}/`, `127.0.0.1:${port}`)).toEqual({ status: 200, body: 'POST hello' })
  await expect(post(`http://127.0.0.1:${port}/again`, `127.0.0.1:${port}`)).rejects.toThrow('too often')
})

test('an endless answer is cut off', async () => {
  const port = await serve((request, response) => {
    const piece = Buffer.alloc(1024 * 1024)
    const more = () => {
      while (!response.destroyed && response.write(piece));
    }
    request.resume()
    response.on('drain', more)
    more()
  })
  await expect(post(`http://127.0.0.1:${port}/`, `127.0.0.1:${port}`)).rejects.toThrow()
})
