/** The folders for the sockets of the egress proxies. Each proxy has one, which is mounted into the sandbox. */
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

/** The file name of the socket. */
export const DOOR_SOCKET = 'door'

const DOORS = 'egress'
/** A younger folder may be about to be used. */
const STALE_MS = 60_000

/** Makes a new folder each time, so that executors with the same data folder do not share one. Other users cannot open it. */
export async function makeDoorFolder(dataDir: string): Promise<string> {
  const parent = join(dataDir, DOORS)
  await mkdir(parent, { recursive: true })
  await chmod(parent, 0o700)
  const folder = await mkdtemp(join(parent, 'door-'))
  await chmod(folder, 0o711)
  return folder
}

/** Removes the folders whose sockets nobody listens on any more, left by executors that were killed. */
export async function removeAbandonedDoors(dataDir: string): Promise<void> {
  const parent = join(dataDir, DOORS)
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name)
    // another executor may remove it at the same time
    const made = (await stat(folder).catch(() => undefined))?.mtimeMs
    if (made && Date.now() - made > STALE_MS && !(await listens(join(folder, DOOR_SOCKET))))
      await rm(folder, { recursive: true, force: true })
  }
}

async function listens(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
