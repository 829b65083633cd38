/** Talks to a session's process, and starts one if there is none. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, CommandError, succeeded } from './answer.ts'
import type { Place } from './arguments.ts'
import { type SessionFiles, sessionFiles } from './session-files.ts'
import type { SessionReply, SessionRequest } from './session-protocol.ts'

const START_MS = 60_000
const RETRY_MS = 50
/** The exit code of `flock` if another process has the lock. */
const LOCKED = 75

/** Resolves with the tool's answer; rejects with a `CommandError`. */
export async function callInSession(
  session: string,
  request: Extract<SessionRequest, { type: 'call' }>,
  idleSeconds: number,
  signal: AbortSignal,
): Promise<Answer> {
  const files = sessionFiles(session)
  for (;;) {
    const reply = await ask(await reach(session, files, request.place, idleSeconds), request, signal)
    if (reply.type === 'answer') return reply.answer
    await sleep(RETRY_MS)
  }
}

/** `output.ended` says whether there was a session. */
export async function endSession(session: string): Promise<Answer> {
  const socket = await open(sessionFiles(session).socket)
  if (!socket) return succeeded({ ended: false })
  const reply = await ask(socket, { type: 'end' }, new AbortController().signal)
  return reply.type === 'answer' ? reply.answer : succeeded({ ended: true })
}

/** Connects to the session's process, and starts it if necessary. Of several started at once, one gets the lock. */
async function reach(session: string, files: SessionFiles, place: Place, idleSeconds: number): Promise<Socket> {
  const deadline = Date.now() + START_MS
  let child: ChildProcess | undefined
  for (;;) {
    const socket = await open(files.socket)
    if (socket) return socket
    if (child && child.exitCode !== null && child.exitCode !== LOCKED) throw await failedStart(files)
    if (Date.now() > deadline) throw await failedStart(files)
    if (!child || child.exitCode !== null) child = await start(session, files, place, idleSeconds)
    await sleep(RETRY_MS)
  }
}

async function start(session: string, files: SessionFiles, place: Place, idleSeconds: number): Promise<ChildProcess> {
  const log = openSync(files.log, 'w', 0o600)
  const program = join(import.meta.dirname, 'session-process.ts')
  const lock = ['--nonblock', '--no-fork', '--conflict-exit-code', `${LOCKED}`, files.lock]
  const command = [process.execPath, program, JSON.stringify({ session, place, idleSeconds })]
  const child = spawn('flock', [...lock, ...command], { detached: true, stdio: ['ignore', log, log] })
  await once(child, 'spawn').catch((error) => {
    throw new CommandError('session_failed', `The session could not be started: ${error.message}`)
  })
  child.unref()
  return child
}

async function failedStart({ log }: SessionFiles): Promise<CommandError> {
  const words = await readFile(log, 'utf8').catch(() => '')
  return new CommandError('session_failed', `The session could not be started. ${words.slice(-2_000)}`.trim())
}

/** Undefined if nobody listens there. */
async function open(path: string): Promise<Socket | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket.on('error', () => {}) // the missing answer shows the error
  } catch {
    return undefined
  }
}

async function ask(socket: Socket, request: SessionRequest, signal: AbortSignal): Promise<SessionReply> {
  const hangUp = () => socket.destroy()
  signal.addEventListener('abort', hangUp, { once: true })
  socket.write(`${JSON.stringify(request)}\n`)
  const reply = await text(socket).catch(() => '')
  signal.removeEventListener('abort', hangUp)
  if (signal.aborted) throw new CommandError('cancelled', 'The call was cancelled.')
  if (!reply.endsWith('\n')) throw new CommandError('sandbox_lost', 'The session ended during the call.')
  return JSON.parse(reply)
}
