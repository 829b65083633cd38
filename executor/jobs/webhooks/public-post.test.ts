/** Protects: the platform's own network. A webhook reaches allowed addresses only, whatever its URL, name or redirect says. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ForbiddenTargetError, type IsAllowedAddress, publicPost } from './public-post.ts'

const servers: Server[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done)))))

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((done) => server.once('listening', done))
  return (server.address() as AddressInfo).port
}

async function postTo(url: string, isAllowed?: IsAllowedAddress): Promise<number> {
  const { post, close } = publicPost(isAllowed)
  try {
    return await post(url, { 'content-type': 'text/plain' }, 'hello')
  } finally {
    await close()
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
  'http://169.254.169.254/latest/meta-data/',
  'http://0.0.0.0:9/',
  'ftp://example.com/',
  'file:///etc/passwd',
])('%s is refused before anything is sent', async (url) => {
  await expect(postTo(url)).rejects.toThrow(ForbiddenTargetError)
})

test('an allowed endpoint gets the body', async () => {
  let got = ''
  const port = await serve((request, response) => {
    request.on('data', (chunk) => {
      got += chunk
    })
    request.on('end', () => response.writeHead(204).end())
  })
  expect(await postTo(`http://127.0.0.1:${port}/`, () => true)).toBe(204)
  expect(got).toBe('hello')
})

test('a redirect to an address that is not allowed is not followed', async () => {
  let asked = false
  const inside = await serve((_request, response) => {
    asked = true
    response.end()
  })
  const outside = await serve((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.2:${inside}/` }).end(),
  )
  await expect(postTo(`http://127.0.0.1:${outside}/`, (address) => address === '127.0.0.1')).rejects.toThrow(
    'not on the public internet',
  )
  expect(asked).toBe(false)
})

test('a name that resolves to an address that is not allowed is refused', async () => {
  const port = await serve((_request, response) => response.end())
  await expect(postTo(`http://localhost:${port}/`, () => false)).rejects.toThrow('not on the public internet')
})

test('redirects end somewhere', async () => {
  const port: number = await serve((_request, response) => response.writeHead(308, { location: '/again' }).end())
  await expect(postTo(`http://127.0.0.1:${port}/`, () => true)).rejects.toThrow('too often')
})
