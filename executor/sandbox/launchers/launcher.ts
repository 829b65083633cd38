/** How the process of a runner is started in a closed room. Each driver implements this interface. */
import type { Readable, Writable } from 'node:stream'
import type { SandboxSpec } from '../../../contracts/sandbox.ts'
import type { Program } from '../../../contracts/tool-services.ts'

export interface RunnerProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the process has ended and its output is read. The value says why: "it exited with code 1". */
  readonly ended: Promise<string>
  /** Ends the process and all its children at once. */
  kill(): void
}

export interface LaunchedRunner extends RunnerProcess {
  /** The size of the persona's files in /workspace and /cache. */
  diskUsedMb(): Promise<number>
}

export interface Launcher {
  /** "docker (runc)", "docker (gVisor)", "bubblewrap": shown to people. */
  readonly name: string
  /** Starts a room for one persona. `doorFolder` holds the socket of its egress proxy. */
  launch(spec: SandboxSpec, doorFolder: string, room: Room): Promise<LaunchedRunner>
}

/**
 * The persona's own room stays between calls, and its runner is the first process. A room for one program shares only
 * /workspace and the egress door with it. It has its own user, processes, network, /tmp and /cache, and all of them end
 * with it.
 */
export type Room = { kind: 'persona' } | { kind: 'program'; command: string[] }

/** Folders of the checkout that a sandbox may read. The paths are those that the mounting side (host or daemon) sees. */
export interface SandboxMounts {
  tools: string
  contracts: string
  nodeModules: string
  /** Model files for tools that need them. */
  models: string | undefined
}

/** Compiled code of the runner and the tools (runner-cache.ts). */
export interface RunnerCache {
  folder: string
  /** The name of Node's cache without the user: version, architecture and a hash. */
  version: string
}

/** What is mounted into every room. */
export interface RoomSources extends SandboxMounts {
  /** Undefined if it could not be made. The first launch waits for it. */
  runnerCache: Promise<RunnerCache | undefined>
}

/** The door's folder as the sandbox sees it. tools/runner/egress-forwarder.ts uses the same path. */
export const DOOR_INSIDE = '/run/egress'

/** What runs in the room. `runner` is the path of the runner's main file, relative to tools/. */
export const commandOf = (room: Room, runner: string): string[] =>
  room.kind === 'program' ? room.command : runnerCommand(runner)

/** The forwarder is preloaded, so the door can be reached before the first call. */
export const runnerCommand = (runner: string, root = '') => [
  'node',
  '--import',
  `${root}/tools/runner/egress-forwarder.ts`,
  `${root}/tools/${runner}`,
]

/** The folder at the root that holds the runner's compile cache. */
export const RUNNER_CACHE = 'compile-cache'

/** Where Node looks for the cache of this user. */
export const cacheInside = ({ version }: RunnerCache, uid: number) => `/${RUNNER_CACHE}/${version}-${uid}`

/** Programs do without: Node would look for the cache of their user. */
export const cacheEnvironment = (cache: RunnerCache | undefined): Record<string, string> =>
  cache ? { NODE_COMPILE_CACHE: `/${RUNNER_CACHE}`, NODE_COMPILE_CACHE_PORTABLE: '1' } : {}

/** The program's input is the beginning of the room's stdin, which then stays open. */
export const programCommand = ({ command, stdin, timeoutMs }: Program) => [
  'perl',
  '/tools/runner/program-keeper.pl',
  `${timeoutMs / 1000}`,
  `${Buffer.byteLength(stdin)}`,
  ...command,
]

/** The users inside. Programs are in the group of the tools, so that both can use each other's files. */
export const TOOLS_USER = 1000
export const PROGRAMS_USER = 1001

const PROXY = 'http://127.0.0.1:8118'
const NO_PROXY = 'localhost,127.0.0.1'

/** The whole environment inside. It contains no secrets, because these come with each call. */
export const RUNNER_ENVIRONMENT: Record<string, string> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/cache',
  TMPDIR: '/tmp',
  LANG: 'C.UTF-8',
  WORKSPACE: '/workspace',
  HTTP_PROXY: PROXY,
  HTTPS_PROXY: PROXY,
  NO_PROXY,
  http_proxy: PROXY,
  https_proxy: PROXY,
  no_proxy: NO_PROXY,
  NODE_USE_ENV_PROXY: '1',
}

/** The sum of the sizes that `du -sm` prints, one a line. */
export function sumOfDu(output: string): number {
  return [...output.matchAll(/^(\d+)\t/gm)].reduce((sum, [, size]) => sum + Number(size), 0)
}
