/**
 * Runs in Deno. Starts one worker for each edge function, like Supabase's edge runtime, and restarts workers that fail or
 * hang. The first line on stdin is the `Setup`. This process exits when stdin ends, so that it never outlives the gateway.
 * Lines on stdout that start with the token are messages to the gateway; all other lines are logs of the functions.
 */

interface Setup {
  /** A secret of gateway and host: it marks our lines, and gives access to the workers' ports. */
  token: string
  functions: { name: string; url: string }[]
}
/** A message from a worker. */
export type WorkerMessage =
  | { type: 'alive' }
  | { type: 'listening'; port: number }
  | { type: 'failed'; message: string }
/** A message to the gateway. */
export type HostMessage =
  | { type: 'alive' }
  | { type: 'up'; name: string; port: number }
  | { type: 'down'; name: string; message: string }

// the Deno globals of this file, because the compiler knows only Node's
interface WorkerHandle {
  onmessage: ((event: { data: WorkerMessage }) => void) | null
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null
  postMessage(message: { url: string; token: string }): void
  terminate(): void
}
declare const Worker: new (url: URL, options: { type: 'module'; name: string }) => WorkerHandle
declare const Deno: { stdin: { readable: ReadableStream<Uint8Array> }; exit(code: number): never }

const HUNG_AFTER_MS = 30_000
const CHECK_EVERY_MS = 1_000
const RESTART_MS = { first: 250, most: 10_000 }

let token = ''
const tell = (message: HostMessage) => console.log(`${token} ${JSON.stringify(message)}`)

function keepRunning(name: string, url: string, wait = RESTART_MS.first) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name })
  let lastSign = Date.now()
  let wasUp = false
  const check = setInterval(() => {
    if (Date.now() - lastSign > HUNG_AFTER_MS) restart('hung')
  }, CHECK_EVERY_MS)

  const restart = (message: string) => {
    clearInterval(check)
    worker.onmessage = worker.onerror = null
    worker.terminate()
    tell({ type: 'down', name, message })
    const next = wasUp ? RESTART_MS.first : Math.min(wait * 2, RESTART_MS.most)
    setTimeout(() => keepRunning(name, url, next), wait)
  }
  worker.onmessage = ({ data }) => {
    lastSign = Date.now()
    if (data.type === 'failed') restart(data.message)
    if (data.type === 'listening') {
      wasUp = true
      tell({ type: 'up', name, port: data.port })
    }
  }
  worker.onerror = (event) => {
    event.preventDefault()
    restart(event.message)
  }
  worker.postMessage({ url, token })
}

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
let read = ''
for await (const text of lines) {
  if (token) continue
  read += text
  if (!read.includes('\n')) continue
  const setup: Setup = JSON.parse(read)
  token = setup.token
  setInterval(() => tell({ type: 'alive' }), CHECK_EVERY_MS)
  for (const { name, url } of setup.functions) keepRunning(name, url)
}
Deno.exit(0)
