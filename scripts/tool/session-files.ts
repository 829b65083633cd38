/** The folder of this user's sessions. Nobody else can enter it. Each session has a socket, a lock and a log in it. */
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandError } from './answer.ts'

/** A path of a Unix socket cannot be longer. */
const MAX_SOCKET_PATH = 107

export interface SessionFiles {
  socket: string
  /** Locked by the session's process while it lives, so that there is one at a time. */
  lock: string
  log: string
}

/** Throws a `CommandError` if another user could enter the folder. */
export function sessionFiles(session: string): SessionFiles {
  const uid = process.getuid?.()
  const folder = join(tmpdir(), `persona-tools-${uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new CommandError('session_failed', `${folder} must be a folder of yours that nobody else can enter.`)
  }
  const file = (ending: string) => join(folder, `${session}.${ending}`)
  if (Buffer.byteLength(file('sock')) > MAX_SOCKET_PATH) {
    throw new CommandError('session_failed', `${folder} has too long a path for a socket. Set TMPDIR to a shorter one.`)
  }
  return { socket: file('sock'), lock: file('lock'), log: file('log') }
}
