/** Makes a `SandboxDriver` from a launcher: opens the persona's egress proxy, starts its runner, and waits until it is ready. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Sandbox, SandboxDriver, SandboxSpec, ToolCall } from '../../contracts/sandbox.ts'
import { ToolCallError } from '../failures.ts'
import { watchDisk } from './disk-watch.ts'
import { DOOR_SOCKET, makeDoorFolder } from './egress/door-folder.ts'
import { type EgressOptions, openEgressDoor } from './egress/proxy.ts'
import type { Launcher } from './launchers/launcher.ts'
import { Programs } from './programs.ts'
import { RunnerClient } from './runner-client.ts'

const READY_TIMEOUT_MS = 30_000
/** When its stdin is closed, a runner must exit within this time, or it is killed. */
const STOP_GRACE_MS = 2_000

export interface LiveSandbox extends Sandbox {
  /** True as soon as it is known to be gone. It then takes no more calls. */
  readonly lost: boolean
  /** Resolves when everything that belongs to it is gone, too. */
  readonly ended: Promise<void>
  /** Replaces the list of allowed hosts, with immediate effect. */
  allowHosts(hosts: string[]): void
}

export interface LiveDriver extends SandboxDriver {
  start(spec: SandboxSpec): Promise<LiveSandbox>
}

export interface DriverOptions {
  dataDir: string
  log: Logger
  egress?: Pick<EgressOptions, 'reach'>
  /** How often the personas' disk use is measured. Default 15 s. */
  diskIntervalMs?: number
}

export function createDriver(
  launcher: Launcher,
  { dataDir, log, egress, diskIntervalMs = 15_000 }: DriverOptions,
): LiveDriver {
  const live = new Set<LiveSandbox>()

  async function start(spec: SandboxSpec): Promise<LiveSandbox> {
    const calls = new Set<ToolCall>()
    const doorFolder = await makeDoorFolder(dataDir)
    const door = await openEgressDoor({
      socketPath: join(doorFolder, DOOR_SOCKET),
      personaId: spec.personaId,
      log,
      traceIds: () => [...new Set([...calls].map(({ traceId }) => traceId))],
      ...egress,
    })
    door.allow(spec.allowedHosts)
    const closeDoor = async () => {
      await door.close()
      await rm(doorFolder, { recursive: true, force: true })
    }
    const programs = new Programs(log, (command) => launcher.launch(spec, doorFolder, { kind: 'program', command }))

    try {
      const process = await launcher.launch(spec, doorFolder, { kind: 'persona' })
      const client = new RunnerClient(process, log.child({ persona_id: spec.personaId }), (...program) =>
        programs.run(...program),
      )
      const sandbox: LiveSandbox = {
        ended: client.ended.then(async () => {
          await programs.close()
          live.delete(sandbox)
          await closeDoor()
        }),
        get lost() {
          return client.lost
        },
        allowHosts: (hosts) => door.allow(hosts),
        async call(call, signal, events) {
          calls.add(call)
          return client.call(call, signal, events).finally(() => calls.delete(call))
        },
        readFile: (path, maxBytes) => client.readFile(path, maxBytes),
        writeFile: (path, data) => client.writeFile(path, data),
        async stop() {
          await programs.close()
          process.stdin.end()
          await Promise.race([client.ended, sleep(STOP_GRACE_MS, undefined, { ref: false })])
          process.kill()
          await sandbox.ended
        },
      }
      live.add(sandbox)
      await untilReady(client, () => sandbox.stop())
      void watchDisk(process, client, spec.limits.diskMb, diskIntervalMs)
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

async function untilReady(client: RunnerClient, stop: () => Promise<void>): Promise<void> {
  const timer = new AbortController()
  const late = sleep(READY_TIMEOUT_MS, undefined, { signal: timer.signal }).then(async () => {
    await stop()
    throw new ToolCallError('sandbox_lost', 'The sandbox did not become ready in time.')
  })
  try {
    await Promise.race([client.ready, late])
  } finally {
    timer.abort()
  }
}
