/**
 * What the drivers without a daemon share: each persona's folders and users, the limits, and the process. If the executor
 * runs as root, each persona has two user ids of its own on the host, one for its tools and one for programs. If it runs as
 * an ordinary user, both have that user's id on the host, each in a user namespace of its own.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import type { SandboxSpec } from '../../../contracts/sandbox.ts'
import { type Cgroup, makeCgroup } from './cgroup.ts'
import {
  cacheEnvironment,
  cacheInside,
  type LaunchedRunner,
  PROGRAMS_USER,
  type Room,
  type RoomSources,
  RUNNER_ENVIRONMENT,
  type RunnerCache,
  type RunnerProcess,
  sumOfDu,
  TOOLS_USER,
} from './launcher.ts'
import { lendFolder } from './lent-folder.ts'

const NODE_INSIDE = '/node/bin'
/** Writable memory that node reserves for code when it starts, and hardly uses. */
const NODE_RESERVES_MB = 600
/** The parts of the host's /etc that programs need. They hold no secrets. We write a few more files ourselves. */
const ETC = [
  'alternatives',
  'ld.so.cache',
  'ssl/certs',
  'ssl/openssl.cnf',
  'fonts',
  'localtime',
  'matplotlibrc',
  'python3',
]
/** Folders at the root that are links into /usr on Debian. */
export const SYSTEM_LINKS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']
export const DROP_ALL = ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs']

/** A persona's folders, user and limits on the host, ready for a runner to be started. */
export interface LocalRoom {
  /** Its folder under `<dataDir>/personas/`. */
  home: string
  /** The folder that is /workspace inside. */
  workspace: string
  /** The folder that is /cache inside. If undefined, the room gets an empty one that ends with it. */
  cache: string | undefined
  user: RoomUser
  /** For a runner, if there is one. */
  runnerCache: RunnerCache | undefined
  /** The beginning of a command. It starts the rest of the command under the limits for one process. */
  limits: string[]
}

export interface LocalOptions {
  dataDir: string
  mounts: RoomSources
  /** The path of the runner's main file, relative to tools/. */
  runner: string
}

export interface RoomUser {
  uid: number
  gid: number
  /** True if these ids are those of the host. Only root can change to others; else they are those of a user namespace. */
  isReal: boolean
}

export interface RoomCommand {
  command: string[]
  /** The data that the command reads from its descriptors 3, 4 and so on. */
  inputs?: Buffer[]
}

/** Makes the room, asks `enclose` for the command that runs a runner in it, and starts it under the persona's limits. */
export async function launchLocally(
  spec: SandboxSpec,
  { dataDir, mounts }: LocalOptions,
  { kind }: Room,
  enclose: (room: LocalRoom) => RoomCommand,
): Promise<LaunchedRunner> {
  const users = usersOf(spec)
  const home = await makeFolders(join(dataDir, 'personas', spec.personaId), users)
  const workspace = spec.workspace ?? join(home, 'workspace')
  const isLent = spec.workspace !== undefined && kind === 'persona'
  const giveBack = isLent ? await lendFolder(workspace, users.tools.isReal ? users.tools.uid : undefined) : undefined
  const cgroup = await makeCgroup(spec.personaId, spec.limits)
  const cache = kind === 'persona' ? join(home, 'cache') : undefined
  const user = kind === 'program' ? users.programs : users.tools
  const runnerCache = kind === 'persona' ? await mounts.runnerCache : undefined
  const room = { home, workspace, cache, user, runnerCache, limits: limits(spec.limits, cgroup) }
  const { command, inputs } = enclose(room)
  const runner = start([...joining(cgroup), ...command], inputs)
  const tidyUp = async () => {
    await cgroup?.remove()
    await giveBack?.()
    if (giveBack) await rm(home, { recursive: true, force: true })
  }
  return {
    ...runner,
    ended: runner.ended.finally(tidyUp),
    diskUsedMb: () => diskUsedMb([workspace, join(home, 'cache')]),
  }
}

/** What the room sees of the host, read-only, as [from, to]. Optional paths that do not exist are left out. */
export function readOnlyMounts(
  { home, user, runnerCache }: LocalRoom,
  mounts: RoomSources,
): { needed: [string, string][]; optional: [string, string][] } {
  return {
    needed: [
      ['/usr', '/usr'],
      ...['passwd', 'group', 'hosts'].map((name): [string, string] => [join(home, 'etc', name), `/etc/${name}`]),
      [process.execPath, `${NODE_INSIDE}/node`],
      [mounts.tools, '/tools'],
      [mounts.contracts, '/contracts'],
      [mounts.nodeModules, '/node_modules'],
      ...(mounts.models ? [[mounts.models, '/models'] as [string, string]] : []),
      ...(runnerCache ? [[runnerCache.folder, cacheInside(runnerCache, user.uid)] as [string, string]] : []),
    ],
    optional: ETC.map((name) => [`/etc/${name}`, `/etc/${name}`]),
  }
}

/** The whole environment of the room. */
export function environment({ runnerCache }: LocalRoom): Record<string, string> {
  const PATH = `${NODE_INSIDE}:${RUNNER_ENVIRONMENT.PATH}`
  return { ...RUNNER_ENVIRONMENT, ...cacheEnvironment(runnerCache), PATH }
}

/**
 * Limits for each process. A cgroup limits the sum over all processes; where none can be made, these are the only limits.
 * Memory is limited by private writable pages and not by address space, because node reserves gigabytes of that. The
 * kernel counts processes per user, which means all rooms of a persona together. So we limit their number only where no
 * cgroup counts those of this room.
 */
function limits({ memoryMb, processes, diskMb }: SandboxSpec['limits'], cgroup: Cgroup | undefined): string[] {
  const megabyte = 1024 * 1024
  return [
    'prlimit',
    `--data=${(memoryMb + NODE_RESERVES_MB) * megabyte}`,
    ...(cgroup ? [] : [`--nproc=${processes}`]),
    `--fsize=${diskMb * megabyte}`,
    '--nofile=4096',
    '--core=0',
    '--',
  ]
}

interface Users {
  tools: RoomUser
  programs: RoomUser
}

/**
 * As root, ids that nothing else on the machine has. Programs are in the group of the tools, so that both can use each
 * other's files. In a lent folder they have the user of the tools, because the modes of its files are the caller's.
 */
function usersOf({ personaId, workspace }: SandboxSpec): Users {
  const isReal = process.getuid?.() === 0
  const own = Number.parseInt(createHash('sha256').update(personaId).digest('hex').slice(0, 7), 16)
  const [uid, programs] = isReal ? [0x1000_0000 + own, 0x2000_0000 + own] : [TOOLS_USER, PROGRAMS_USER]
  const tools = { uid, gid: uid, isReal }
  return { tools, programs: workspace === undefined ? { ...tools, uid: programs } : tools }
}

async function makeFolders(home: string, { tools, programs }: Users): Promise<string> {
  await mkdir(join(home, 'etc'), { recursive: true })
  await chmod(home, 0o700)
  for (const [name, mode] of [
    ['workspace', 0o770],
    ['cache', 0o700],
  ] as const) {
    await mkdir(join(home, name), { recursive: true })
    if (tools.isReal) await chown(join(home, name), tools.uid, tools.gid)
    await chmod(join(home, name), mode)
  }
  const entries = [
    `persona:x:${tools.uid}:${tools.gid}:Persona:/cache:/bin/sh\n`,
    ...(programs.uid === tools.uid ? [] : [`program:x:${programs.uid}:${programs.gid}:Program:/workspace:/bin/sh\n`]),
  ]
  await writeFile(join(home, 'etc/passwd'), entries.join(''))
  await writeFile(join(home, 'etc/group'), `persona:x:${tools.gid}:\n`)
  await writeFile(join(home, 'etc/hosts'), '127.0.0.1 localhost sandbox\n::1 localhost\n')
  return home
}

/** A shell joins the cgroups and then becomes the command, so no process ever runs outside of them. */
function joining(cgroup: Cgroup | undefined): string[] {
  if (!cgroup) return []
  const script = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1" || exit 1; shift; n=$((n - 1)); done; exec "$@"'
  return ['sh', '-c', script, 'sh', `${cgroup.joinFiles.length}`, ...cgroup.joinFiles]
}

function start(command: string[], inputs: Buffer[] = []): RunnerProcess {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe', ...inputs.map(() => 'pipe' as const)],
    env: { PATH: process.env.PATH },
  }) as ChildProcessWithoutNullStreams
  for (const [index, input] of inputs.entries()) {
    const stream = child.stdio[3 + index] as Writable
    stream.on('error', () => {}) // `ended` reports a command that could not start
    stream.end(input)
  }
  const ended = once(child, 'close').then(
    ([code, signal]) => (signal ? `it was ended by ${signal}` : `it exited with code ${code}`),
    (error: Error) => `it could not be started: ${error.message}`,
  )
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill: () => void child.kill('SIGKILL'),
  }
}

/** du follows no links. Its errors about files that vanish while it runs do not matter. */
async function diskUsedMb(folders: string[]): Promise<number> {
  const du = promisify(execFile)('du', ['-sm', ...folders])
  const { stdout } = await du.catch((error: { stdout: string }) => error)
  return sumOfDu(stdout)
}
