/** Runs in a Deno worker: loads one unmodified function and gives its `Deno.serve` a port. */
import type { WorkerMessage } from './host.ts'

type Handler = (request: Request, info: unknown) => Response | Promise<Response>
interface ServeOptions {
  hostname?: string
  port?: number
  handler?: Handler
  onListen?(address: { port: number }): void
}
declare const Deno: { serve(options: ServeOptions, handler: Handler): unknown; exit(code?: number): void }
declare const self: {
  onmessage: (event: { data: { url: string; token: string } }) => void
  postMessage(message: WorkerMessage): void
}

const ALIVE_EVERY_MS = 1_000

self.onmessage = ({ data: { url, token } }) => {
  const serve = Deno.serve
  Deno.serve = (...parts: unknown[]) => {
    const options = parts.find((part): part is ServeOptions => typeof part === 'object')
    const handler = parts.find((part): part is Handler => typeof part === 'function') ?? options?.handler
    if (!handler) throw new TypeError('Deno.serve needs a handler')
    const onListen = ({ port }: { port: number }) => self.postMessage({ type: 'listening', port })
    return serve({ hostname: '127.0.0.1', port: 0, onListen }, (request, info) => {
      if (request.headers.get('x-gateway-token') !== token) return new Response(null, { status: 403 })
      const headers = new Headers(request.headers)
      headers.delete('x-gateway-token')
      return handler(new Request(request, { headers }), info)
    })
  }
  // a worker that exits sends no message, so send one first
  Deno.exit = (code = 0) => {
    self.postMessage({ type: 'failed', message: `exited with ${code}` })
    throw new Error('Deno.exit')
  }
  setInterval(() => self.postMessage({ type: 'alive' }), ALIVE_EVERY_MS)
  import(url).catch((error) => self.postMessage({ type: 'failed', message: error?.stack ?? String(error) }))
}

/** Supabase's edge runtime needs this to continue work after the answer. Our workers continue anyway. */
Object.assign(globalThis, { EdgeRuntime: { waitUntil: (work: Promise<unknown>) => work.catch(console.error) } })
