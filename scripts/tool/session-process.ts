/**
 * The process of a session. It keeps the sandbox between calls, and ends when it is idle or when somebody ends the
 * session. session.ts starts it, under the lock of the session:
 * `node session-process.ts '{"session", "place", "idleSeconds"}'`.
 */
import { chmodSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { readLines } from '../../tools/runner/lines.ts'
import { failed, succeeded } from './answer.ts'
import type { Place } from './arguments.ts'
import { openToolPlace } from './run-tool.ts'
import { sessionFiles } from './session-files.ts'
import { MAX_REQUEST_BYTES, type SessionReply, type SessionRequest } from './session-protocol.ts'

const { session, place, idleSeconds } = JSON.parse(process.argv[2]!) as {
  session: string
  place: Place
  idleSeconds: number
}
const { socket: socketPath } = sessionFiles(session)
const tools = openToolPlace(place)
let isEnding = false
let inUse = 0
let idleTimer: NodeJS.Timeout | undefined

process.umask(0o077)
await rm(socketPath, { force: true }) // we have the lock, so the process that left the socket is gone
const server = createServer((socket) => void serve(socket))
server.listen(socketPath, () => chmodSync(socketPath, 0o600))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end().then(leave))
endWhenIdle()

async function serve(socket: Socket): Promise<void> {
  const gone = new AbortController()
  socket.on('error', () => {}).once('close', () => gone.abort())
  try {
    for await (const line of readLines(socket, MAX_REQUEST_BYTES)) {
      const reply = await handle(JSON.parse(line), gone.signal)
      socket.end(`${JSON.stringify(reply)}\n`)
      return
    }
  } catch (error) {
    console.error('session:', error)
    socket.destroy()
  }
}

async function handle(request: SessionRequest, signal: AbortSignal): Promise<SessionReply> {
  if (isEnding) return { type: 'ending' }
  if (request.type === 'end') {
    await end()
    setImmediate(leave)
    return { type: 'answer', answer: succeeded({ ended: true }) }
  }
  const problem = mismatch(request.place)
  if (problem) return { type: 'answer', answer: failed('invalid_arguments', problem) }
  inUse += 1
  clearTimeout(idleTimer)
  const answer = await tools.call(request.tool, request.input, signal)
  inUse -= 1
  endWhenIdle()
  return { type: 'answer', answer }
}

/** Options that are not given stay as they are. */
function mismatch({ workspace, allowedHosts }: Place): string | undefined {
  if (workspace !== undefined && workspace !== place.workspace) {
    return `The session ${session} works in ${place.workspace ?? 'a folder of its own'}. End it first, or name another.`
  }
  if (allowedHosts.length > 0 && !isDeepStrictEqual(allowedHosts, place.allowedHosts)) {
    return `The session ${session} was started with other hosts. End it first, or name another.`
  }
  return undefined
}

function endWhenIdle(): void {
  if (inUse > 0 || isEnding) return
  clearTimeout(idleTimer)
  idleTimer = setTimeout(() => void end().then(leave), idleSeconds * 1000)
}

/** From now on, a client gets "ending" or finds no socket, and then starts a new session. */
async function end(): Promise<void> {
  isEnding = true
  clearTimeout(idleTimer)
  server.close()
  await rm(socketPath, { force: true })
  await tools.close()
}

/** Leaves time for replies that are still being sent. */
function leave(): void {
  setTimeout(() => process.exit(0), 200)
}
