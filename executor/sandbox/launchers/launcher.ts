/** What differs between the drivers: how a runner's process is started in a closed room. */
import type { Readable, Writable } from 'node:stream'
import type { SandboxSpec } from '../../../contracts/sandbox.ts'

export interface RunnerProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves, when the process has ended and its output is read, with half a sentence that says why. */
  readonly ended: Promise<string>
  /** Ends the process and all its children at once. */
  kill(): void
}

export interface LaunchedRunner extends RunnerProcess {
  /** What the persona keeps in /workspace and /cache. */
  diskUsedMb(): Promise<number>
}

export interface Launcher {
  /** "docker (runc)", "docker (gVisor)", "bubblewrap": shown to people. */
  readonly name: string
  /** Starts a runner for one persona. `doorFolder` holds the socket of its egress proxy. */
  launch(spec: SandboxSpec, doorFolder: string, room: Room): Promise<LaunchedRunner>
}

/**
 * The persona's own room stays between calls. A room for one program shares /workspace and the way out with it, and nothing
 * else: it has its own processes, network, /tmp and /cache, and all of them end with it.
 */
export type Room = 'persona' | 'program'

/** Folders of the checkout that a sandbox may read, as whoever mounts them sees them. */
export interface SandboxMounts {
  tools: string
  contracts: string
  nodeModules: string
  /** Model files for tools that need them. */
  models: string | undefined
}

/** Where the door's folder stands inside; tools/runner/egress-forwarder.ts knows the same. */
export const DOOR_INSIDE = '/run/egress'

/** The forwarder is preloaded, so the way out is there before the first call. `main` is a path below tools/. */
export const runnerCommand = (main: string) => [
  'node',
  '--import',
  '/tools/runner/egress-forwarder.ts',
  `/tools/${main}`,
]

const PROXY = 'http://127.0.0.1:8118'
const NO_PROXY = 'localhost,127.0.0.1'

/** The whole environment inside. It holds no secret: those come with each call. */
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
