/** Makes a `SandboxDriver` of a launcher: opens the persona's door, starts its runner, waits until it is ready. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Sandbox, SandboxDriver, SandboxSpec } from '../../contracts/sandbox.ts'
import { type EgressOptions, openEgressDoor } from './egress-proxy.ts'
import { DOOR_SOCKET, type Launcher } from './launcher.ts'
import { RunnerClient } from './runner-client.ts'
import { ToolCallError } from './tool-call-error.ts'

const READY_TIMEOUT_MS = 30_000
/** A runner whose stdin is closed leaves by itself in this time, or is killed. */
const STOP_GRACE_MS = 2_000

export interface LiveSandbox extends Sandbox {
  /** Resolves when the sandbox is gone, for whatever reason. */
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
    const doorFolder = await makeDoorFolder(dataDir, spec.personaId)
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
      throw error
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

/** The folder above is closed to other users; a hash keeps the socket's path short. */
async function makeDoorFolder(dataDir: string, personaId: string): Promise<string> {
  const folder = join(dataDir, 'egress', createHash('sha256').update(personaId).digest('hex').slice(0, 16))
  await mkdir(folder, { recursive: true })
  await chmod(join(dataDir, 'egress'), 0o700)
  return folder
}
