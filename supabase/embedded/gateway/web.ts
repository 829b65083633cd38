/** Serves the built web app. Hashed files are cached forever, the page never, and every unknown path gets the page. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { type Context, Hono } from 'hono'
import { compress } from 'hono/compress'
import { contentSecurityPolicy, inlineScripts } from '../../../contracts/content-security-policy.ts'

/** `folder` contains the files of `nuxt generate`; if it is missing (not built yet), the page says so. */
export function webRoutes(folder: string | undefined): Hono {
  const app = new Hono()
  app.use(compress())
  if (folder && existsSync(folder)) {
    app.get('/_nuxt/*', async (context, next) => {
      await next()
      if (context.res.ok) context.header('cache-control', 'public, max-age=31536000, immutable')
    })
    const page = ['200.html', 'index.html'].map((name) => join(folder, name)).find((file) => existsSync(file))
    const files = serveStatic({ root: folder, precompressed: true, onFound: (_path, context) => secure(context) })
    app.get('*', (context, next) => (isPage(context.req.path) ? next() : files(context, next)))
    if (page) app.get('*', (context, next) => (isPage(context.req.path) ? sendPage(context, page) : next()))
  } else {
    app.get('/', (context) => context.text('The web app is not built yet: npm run build -w nuxt-app', 503))
  }
  return app
}

/** Paths of the app have no extension. A path with an extension is a file, which may not exist. */
const isPage = (path: string) => path.endsWith('.html') || !/\.[a-z0-9]+$/i.test(path)

function secure(context: Context) {
  context.header('x-content-type-options', 'nosniff')
  context.header('referrer-policy', 'same-origin')
}

async function sendPage(context: Context, file: string): Promise<Response> {
  const html = await readFile(file, 'utf8')
  secure(context)
  context.header('cache-control', 'no-cache')
  context.header('x-frame-options', 'DENY')
  context.header('content-security-policy', policyOf(html, new URL(context.req.url).host))
  return context.html(html)
}

function policyOf(html: string, host: string): string {
  const hashes = inlineScripts(html).map((text) => createHash('sha256').update(text).digest('base64'))
  return contentSecurityPolicy(hashes, [`ws://${host}`, `wss://${host}`])
}
