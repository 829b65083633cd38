/** Makes a `SandboxDriver` of a launcher: opens the persona's door, starts its runner, waits until it is ready. */
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Sandbox, SandboxDriver, SandboxSpec } from '../../contracts/sandbox.ts'
import { type EgressOptions, openEgressDoor } from './egress-proxy.ts'
import { DOOR_SOCKET, type Launcher } from './launcher.ts'
import { RunnerClient } from './runner-client.ts'
import { ToolCallError } from './tool-call-error.ts'

const DOORS = 'egress'
const READY_TIMEOUT_MS = 30_000
/** A runner whose stdin is closed leaves by itself in this time, or is killed. */
const STOP_GRACE_MS = 2_000

export interface LiveSandbox extends Sandbox {
  /** True from the moment that it is known to be gone; it takes no more calls. */
  readonly lost: boolean
  /** Resolves when all that belongs to it is gone as well. */
  readonly ended: Promise<void>
  /** Replaces the list of hosts that may be reached, at once. */
  allowHosts(hosts: string[]): void
}

export interface LiveDriver extends SandboxDriver {
  start(spec: SandboxSpec): Promise<LiveSandbox>
}

export interface DriverOptions {
  dataDir: string
  log: Logger
  egress?: Pick<EgressOptions, 'resolve' | 'mayConnect'>
}

export function createDriver(launcher: Launcher, { dataDir, log, egress }: DriverOptions): LiveDriver {
  const live = new Set<LiveSandbox>()

  async function start(spec: SandboxSpec): Promise<LiveSandbox> {
    const traces = new Set<string>()
    const doorFolder = await makeDoorFolder(dataDir)
    const door = await openEgressDoor({
      socketPath: join(doorFolder, DOOR_SOCKET),
      personaId: spec.personaId,
      log,
      traceIds: () => [...traces],
      ...egress,
    })
    door.allow(spec.allowedHosts)
    const closeDoor = async () => {
      await door.close()
      await rm(doorFolder, { recursive: true, force: true })
    }

    try {
      const process = await launcher.launch(spec, doorFolder)
      const client = new RunnerClient(process, log.child({ persona_id: spec.personaId }))
      const sandbox: LiveSandbox = {
        ended: client.ended.then(async () => {
          live.delete(sandbox)
          await closeDoor()
        }),
        get lost() {
          return client.lost
        },
        allowHosts: (hosts) => door.allow(hosts),
        async call(call, signal, events) {
          traces.add(call.traceId)
          return client.call(call, signal, events).finally(() => traces.delete(call.traceId))
        },
        readFile: (path, maxBytes) => client.readFile(path, maxBytes),
        writeFile: (path, data) => client.writeFile(path, data),
        async stop() {
          process.stdin.end()
          await Promise.race([client.ended, sleep(STOP_GRACE_MS)])
          process.kill()
          await sandbox.ended
        },
      }
      live.add(sandbox)
      await untilReady(client, sandbox)
      return sandbox
    } catch (error) {
      await closeDoor()
      log.error({ err: error, persona_id: spec.personaId }, 'a sandbox could not be started')
      throw new ToolCallError('sandbox_lost', "The sandbox could not be started; the executor's log says why.", {
        cause: error,
      })
    }
  }

  return {
    name: launcher.name,
    start,
    async close() {
      await Promise.all([...live].map((sandbox) => sandbox.stop()))
    },
  }
}

async function untilReady(client: RunnerClient, sandbox: LiveSandbox): Promise<void> {
  const timer = new AbortController()
  const late = sleep(READY_TIMEOUT_MS, undefined, { signal: timer.signal }).then(async () => {
    await sandbox.stop()
    throw new ToolCallError('sandbox_lost', 'The sandbox did not become ready in time.')
  })
  try {
    await Promise.race([client.ready, late])
  } finally {
    timer.abort()
  }
}

/** A new one each time, so that executors that share a data folder do not take each other's; closed to other users. */
async function makeDoorFolder(dataDir: string): Promise<string> {
  const parent = join(dataDir, DOORS)
  await mkdir(parent, { recursive: true })
  await chmod(parent, 0o700)
  const folder = await mkdtemp(join(parent, 'door-'))
  await chmod(folder, 0o711)
  return folder
}

/** Removes the folders of doors at which nobody listens any more, left by executors that were killed. */
export async function removeAbandonedDoors(dataDir: string): Promise<void> {
  const parent = join(dataDir, DOORS)
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name)
    const made = (await stat(folder)).mtimeMs
    if (Date.now() - made > 60_000 && !(await listens(join(folder, DOOR_SOCKET)))) await rm(folder, { recursive: true })
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
