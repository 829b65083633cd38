/**
 * Runs a persona's runner as the main process of a container, and talks to it over attached stdio. Each start makes a new
 * container; two named volumes stay. They are volumes and not folders of the host, because Docker makes the image's user
 * their owner by itself, because they work when the daemon is remote or rootless, and because the container then sees no
 * path of the host.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type Duplex, PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import type Docker from 'dockerode'
import type { Logger } from 'pino'
import type { SandboxSpec } from '../../../contracts/sandbox.ts'
import { dockerSeccompProfile } from './docker-seccomp.ts'
import {
  cacheEnvironment,
  cacheInside,
  commandOf,
  DOOR_INSIDE,
  type LaunchedRunner,
  type Launcher,
  PROGRAMS_USER,
  type Room,
  type RoomSources,
  RUNNER_ENVIRONMENT,
  type RunnerCache,
  sumOfDu,
  TOOLS_USER,
} from './launcher.ts'
import { lendFolder } from './lent-folder.ts'

export const GVISOR = 'runsc'
const MEGABYTE = 1024 * 1024
const INSTANCE_LABEL = 'persona-platform.instance'
const EXECUTOR_LABEL = 'persona-platform.executor'
const PERSONA_LABEL = 'persona-platform.persona'

export interface DockerOptions {
  docker: Docker
  image: string
  /** Container runtime: "runsc" or "runc". */
  runtime: string
  mounts: RoomSources
  /** The path of the runner's main file, relative to tools/. */
  runner: string
  /** Returns the path under which the daemon sees a folder of this machine. */
  pathForDaemon(path: string): string
  /** Distinguishes the volumes of this installation from those of another one on the same daemon. */
  instance: string
  log: Logger
}

export function dockerLauncher(options: DockerOptions): Launcher {
  const { docker, runtime } = options
  return {
    name: runtime === GVISOR ? 'docker (gVisor)' : `docker (${runtime})`,
    async launch(spec, doorFolder, room) {
      const isLent = spec.workspace !== undefined && room.kind === 'persona'
      const giveBack = isLent ? await lendFolder(spec.workspace!, isRoot() ? TOOLS_USER : undefined) : undefined
      const cache = room.kind === 'persona' ? await options.mounts.runnerCache : undefined
      const description = describeContainer(spec, doorFolder, room, cache, options)
      const container = await createContainer(docker, nameOf(spec.personaId, room), description)
      try {
        const runner = await start(docker, container, spec, options.log)
        return giveBack ? { ...runner, ended: runner.ended.finally(giveBack) } : runner
      } catch (error) {
        await removeContainer(container)
        if (giveBack) await giveBack()
        throw error
      }
    },
  }
}

/**
 * Removes the containers that killed executors of this installation left. A runner ends when its stdin closes, which
 * happens when its executor is gone. So a container that still runs belongs to another executor, unless its executor was a
 * process of this machine that is dead.
 */
export async function removeLeftovers(docker: Docker, instance: string): Promise<void> {
  const ours = await docker.listContainers({ all: true, filters: { label: [`${INSTANCE_LABEL}=${instance}`] } })
  const left = ours.filter(({ State, Labels }) => State !== 'running' || isDead(Labels[EXECUTOR_LABEL] ?? ''))
  await Promise.all(left.map(({ Id }) => removeContainer(docker.getContainer(Id))))
}

function isDead(executor: string): boolean {
  const [host, pid] = executor.split('/')
  if (host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

const suffix = () => randomBytes(4).toString('hex')

const nameOf = (personaId: string, room: Room) =>
  room.kind === 'persona' ? `persona-${personaId}` : `persona-${personaId}-program-${suffix()}`

/** Adds a suffix to the name if another executor or installation already has a container of that name. */
async function createContainer(
  docker: Docker,
  name: string,
  options: Docker.ContainerCreateOptions,
): Promise<Docker.Container> {
  try {
    return await docker.createContainer({ name, ...options })
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 409) throw error
    return docker.createContainer({ name: `${name}-${suffix()}`, ...options })
  }
}

function describeContainer(
  spec: SandboxSpec,
  doorFolder: string,
  room: Room,
  runnerCache: RunnerCache | undefined,
  { image, runtime, mounts, runner, pathForDaemon, instance }: DockerOptions,
): Docker.ContainerCreateOptions {
  const { memoryMb, cpus, processes, diskMb } = spec.limits
  const labels = {
    [INSTANCE_LABEL]: instance,
    [PERSONA_LABEL]: spec.personaId,
    [EXECUTOR_LABEL]: `${hostname()}/${process.pid}`,
  }
  const volume = (kind: string): Docker.MountSettings => ({
    Type: 'volume',
    Source: `persona-${spec.personaId}-${instance}-${kind}`,
    Target: `/${kind}`,
    VolumeOptions: {
      NoCopy: room.kind === 'program', // a copy into an empty volume resets its mode
      Labels: { [PERSONA_LABEL]: spec.personaId },
      DriverConfig: { Name: 'local', Options: {} },
    },
  })
  const bound = (Source: string, Target: string): Docker.MountSettings => ({ Type: 'bind', Source, Target })
  const unnamedVolume = (Target: string): Docker.MountSettings => ({ Type: 'volume', Source: '', Target })
  const [user, group] = [room.kind === 'program' ? programsUserOf(spec) : toolsUserOf(spec), toolsUserOf(spec)]
  // runc gives it the mode of the image's folder, so it also needs its user
  const fresh = `rw,nosuid,nodev,mode=1777,uid=${user},gid=${group}`
  const workspace =
    spec.workspace === undefined ? volume('workspace') : bound(pathForDaemon(spec.workspace), '/workspace')
  const cache = spec.workspace === undefined ? volume('cache') : unnamedVolume('/cache')
  const readOnly = (source: string, target: string): Docker.MountSettings => ({
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: true,
  })
  return {
    Image: image,
    Cmd: commandOf(room, runner),
    Env: Object.entries({ ...RUNNER_ENVIRONMENT, ...cacheEnvironment(runnerCache) }).map(
      ([key, value]) => `${key}=${value}`,
    ),
    Labels: labels,
    Hostname: 'sandbox',
    User: `${user}:${group}`,
    WorkingDir: '/',
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      Runtime: runtime,
      Init: room.kind === 'persona', // a program's keeper waits for orphans itself
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${dockerSeccompProfile()}`],
      Memory: memoryMb * MEGABYTE,
      MemorySwap: memoryMb * MEGABYTE,
      NanoCpus: Math.round(cpus * 1e9),
      PidsLimit: runtime === GVISOR ? processes * 8 + 512 : processes, // gVisor's own threads count as well
      Ulimits: [
        ulimit('core', 0),
        ulimit('nofile', 4096),
        ulimit('fsize', diskMb * MEGABYTE),
        ...(runtime === GVISOR ? [ulimit('nproc', processes)] : []), // runc would count those of all personas together
      ],
      Tmpfs: { '/tmp': fresh, ...(room.kind === 'program' && { '/cache': fresh }) },
      LogConfig: { Type: 'none', Config: {} }, // otherwise the daemon would write all answers of tools to its log files
      RestartPolicy: { Name: 'no' },
      Mounts: [
        workspace,
        ...(room.kind === 'persona' ? [cache] : []),
        readOnly(mounts.tools, '/tools'),
        readOnly(mounts.contracts, '/contracts'),
        readOnly(mounts.nodeModules, '/node_modules'),
        ...(mounts.models ? [readOnly(mounts.models, '/models')] : []),
        ...(runnerCache ? [readOnly(pathForDaemon(runnerCache.folder), cacheInside(runnerCache, user))] : []),
        readOnly(pathForDaemon(doorFolder), DOOR_INSIDE),
      ],
    },
  }
}

const isRoot = () => process.getuid?.() === 0

/** The image's user. If the workspace is a folder of an ordinary user, that user. */
function toolsUserOf({ workspace }: SandboxSpec): number {
  return workspace === undefined || isRoot() ? TOOLS_USER : (process.getuid?.() ?? TOOLS_USER)
}

/** In a lent folder, programs have the user of the tools, because the modes of its files are the caller's. */
function programsUserOf(spec: SandboxSpec): number {
  return spec.workspace === undefined ? PROGRAMS_USER : toolsUserOf(spec)
}

const ulimit = (Name: string, limit: number) => ({ Name, Soft: limit, Hard: limit })

async function start(
  docker: Docker,
  container: Docker.Container,
  spec: SandboxSpec,
  log: Logger,
): Promise<LaunchedRunner> {
  const attach = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true }
  const stdio = (await container.attach(attach)) as Duplex // the types promise less than dockerode returns
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  docker.modem.demuxStream(stdio, stdout, stderr)
  stdio.once('close', () => {
    stdout.end()
    stderr.end()
  })
  const exited = container.wait({ condition: 'next-exit' }) as Promise<{ StatusCode: number }>
  exited.catch(() => {}) // read below, after the start
  await container.start()
  const kill = () => {
    removeContainer(container).catch((error) => log.warn({ err: error }, 'a container could not be removed'))
  }
  const ended = howItEnded(container, exited, stdio)
  return { stdin: stdio, stdout, stderr, ended, kill, diskUsedMb: () => diskUsedMb(docker, container, spec) }
}

/**
 * Processes inside measure, because the volumes may be on another machine. They skip folders that they may not read.
 * Programs could close folders to the tools, so the workspace is measured by the programs' user.
 */
async function diskUsedMb(docker: Docker, container: Docker.Container, spec: SandboxSpec): Promise<number> {
  const measure = async (folder: string, user: number) => {
    const User = `${user}:${toolsUserOf(spec)}`
    const exec = await container.exec({ Cmd: ['du', '-sm', folder], AttachStdout: true, User })
    const stream = await exec.start({})
    const stdout = new PassThrough()
    docker.modem.demuxStream(stream, stdout, new PassThrough().resume())
    stream.once('close', () => stdout.end())
    return sumOfDu(await text(stdout))
  }
  const [workspace, cache] = await Promise.all([
    measure('/workspace', programsUserOf(spec)),
    measure('/cache', toolsUserOf(spec)),
  ])
  return workspace + cache
}

async function howItEnded(
  container: Docker.Container,
  exited: Promise<{ StatusCode: number }>,
  stdio: Duplex,
): Promise<string> {
  try {
    const { StatusCode } = await exited
    await finished(stdio, { writable: false }).catch(() => {})
    const { State } = await container.inspect()
    return State.OOMKilled ? 'it used more memory than it may' : `it exited with code ${StatusCode}`
  } catch (error) {
    return (error as { statusCode?: number }).statusCode === 404 ? 'it was removed' : (error as Error).message
  } finally {
    await removeContainer(container).catch(() => {}) // if the daemon is gone, the next start removes the container
  }
}

/** Ends the container and removes it with its unnamed volumes. Resolves when it is gone, whoever removed it. */
async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    if (statusCode === 409) return removed(container) // somebody else is removing it now
    if (statusCode !== 404) throw error
  }
}

async function removed(container: Docker.Container): Promise<void> {
  await container.wait({ condition: 'removed' }).catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 404) throw error
  })
}
