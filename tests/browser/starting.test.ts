/** Protects: people who open the address before the platform is ready, or whose line is slow. */
import { expect, test } from 'vitest'
import { type HttpServer, listen } from '../../supabase/embedded/gateway/http-server.ts'
import { withPage } from './support/pages.ts'

const ready = () => new Response('<title>Ready</title><h1>Ready</h1>', { headers: { 'content-type': 'text/html' } })

async function withStarting(work: (server: HttpServer) => Promise<void>) {
  const server = await listen(0)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test.each(['/', '/answer#a-token'])(
  'if %s is opened while the platform starts, a page waits and then continues',
  (path) =>
    withStarting((server) =>
      withPage(
        async (page) => {
          await page.goto(path)
          await page.getByRole('heading', { name: 'Persona Platform is starting' }).waitFor()
          server.serve(ready, (_request, socket) => socket.destroy())
          await page.getByRole('heading', { name: 'Ready' }).waitFor()
          expect(page.url()).toBe(server.url + path)
        },
        { baseURL: server.url },
      ),
    ),
)

test('a program gets an answer to try again later', () =>
  withStarting(async ({ url }) => {
    const answer = await fetch(`${url}/functions/v1/api/runs`)
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toMatchObject([
      503,
      '1',
      { code: 'starting' },
    ])
  }))

test('there is something to read before styles and scripts have arrived', () =>
  withPage(async (page) => {
    await page.route('**/_nuxt/**', () => {}) // never answered
    await page.goto('/', { waitUntil: 'commit' })
    await page.getByText('Loading …').waitFor()
    await page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0")
  }))
