/** Finds out how this machine can isolate personas: with a Docker daemon, bubblewrap, plain namespaces, or not at all. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { createDriver, type DriverOptions, type LiveDriver } from './driver.ts'
import { removeAbandonedDoors } from './egress/door-folder.ts'
import { buildImage, hasImage, SANDBOX_IMAGE } from './image.ts'
import { bubblewrapLauncher } from './launchers/bubblewrap.ts'
import { makeCgroup, removeEmptyCgroups } from './launchers/cgroup.ts'
import { dockerLauncher, GVISOR, removeLeftovers } from './launchers/docker.ts'
import type { Launcher, RoomSources, SandboxMounts } from './launchers/launcher.ts'
import type { LocalOptions } from './launchers/local-room.ts'
import { namespacesLauncher } from './launchers/namespaces.ts'
import { makeRunnerCache } from './runner-cache.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const RUNNER = 'runner/main.ts'
const PING_TIMEOUT_MS = 3_000

export interface SelectOptions extends DriverOptions {
  /**
   * `SANDBOX` forces a driver (docker, bubblewrap, namespaces, none). `DOCKER_HOST` as Docker's own tools know it (unix:// or tcp://).
   * `MODELS_DIR` is mounted as /models. Where the executor is itself in a container, `SANDBOX_HOST_CHECKOUT` and
   * `SANDBOX_HOST_DATA_DIR` name the checkout and the data folder as the daemon sees them.
   */
  env: NodeJS.ProcessEnv
  /** The runner's main file, below tools/. Tests and benchmarks replace it to run their own tools. */
  runner?: string
}

export interface Selection {
  driver: LiveDriver | undefined
  /** One sentence for people: what is used, or why there is none. */
  describe: string
}

/** Throws an error that says what to do when the forced driver cannot be used. */
export async function selectDriver(given: SelectOptions): Promise<Selection> {
  const options = { ...given, dataDir: resolve(given.dataDir) } // the daemon does not know our working directory
  const { dataDir, env } = options
  await mkdir(dataDir, { recursive: true })
  await removeAbandonedDoors(dataDir)
  switch (env.SANDBOX) {
    case 'docker':
      return useDocker(await requireDocker(options), options)
    case 'bubblewrap':
      await requireBubblewrap()
      return useLocally(bubblewrapLauncher, options)
    case 'namespaces':
      await requireNamespaces()
      return useLocally(namespacesLauncher, options)
    case 'none':
      return { driver: undefined, describe: 'none, because SANDBOX=none is set' }
    case undefined:
    case '':
      return choose(options)
    default:
      throw new Error(`SANDBOX is "${env.SANDBOX}"; it can be docker, bubblewrap, namespaces or none.`)
  }
}

async function choose(options: SelectOptions): Promise<Selection> {
  const noBubblewrap = await requireBubblewrap().then(
    () => undefined,
    (error: Error) => error.message,
  )
  const docker = await reachDocker(options.env)
  if (docker && (noBubblewrap || (await hasImage(docker, SANDBOX_IMAGE)))) {
    const problem = await provideImage(docker, options).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (!problem) return useDocker(docker, options)
    options.log.warn(problem)
  }
  if (!noBubblewrap) {
    if (docker) options.log.info(`Docker answers, but has no ${SANDBOX_IMAGE}; SANDBOX=docker builds it`)
    return useLocally(bubblewrapLauncher, options)
  }
  const noNamespaces = await requireNamespaces().then(
    () => undefined,
    (error: Error) => error.message,
  )
  if (!noNamespaces) return useLocally(namespacesLauncher, options)
  return {
    driver: undefined,
    describe: `none: no Docker daemon with the sandbox's image; ${noBubblewrap} ${noNamespaces}`,
  }
}

async function requireDocker(options: SelectOptions): Promise<Docker> {
  const docker = await reachDocker(options.env)
  if (!docker) throw new Error('SANDBOX=docker, but no Docker daemon answers. Start one, or set DOCKER_HOST.')
  await provideImage(docker, options)
  return docker
}

async function provideImage(docker: Docker, { log }: SelectOptions): Promise<void> {
  if (await hasImage(docker, SANDBOX_IMAGE)) return
  log.info(`building ${SANDBOX_IMAGE}, once; this takes a minute or two`)
  await buildImage(docker, { onProgress: (line) => log.debug(line) })
}

async function useDocker(docker: Docker, options: SelectOptions): Promise<Selection> {
  const { dataDir, log, env } = options
  const { Runtimes, DefaultRuntime } = await docker.info()
  const instance = await instanceId(dataDir)
  await removeLeftovers(docker, instance)
  const driver = driverOf(options, env.SANDBOX_HOST_CHECKOUT || CHECKOUT, (mounts, runner) =>
    dockerLauncher({
      docker,
      image: SANDBOX_IMAGE,
      runtime: Runtimes?.[GVISOR] ? GVISOR : (DefaultRuntime ?? 'runc'),
      mounts,
      runner,
      pathForDaemon: (path) => (env.SANDBOX_HOST_DATA_DIR ? relocate(path, dataDir, env.SANDBOX_HOST_DATA_DIR) : path),
      instance,
      log,
    }),
  )
  return { driver, describe: driver.name }
}

async function useLocally(launcher: (options: LocalOptions) => Launcher, options: SelectOptions): Promise<Selection> {
  await removeEmptyCgroups()
  const trial = await makeCgroup('trial', { memoryMb: 64, cpus: 1, processes: 8, diskMb: 1 })
  await trial?.remove()
  const { dataDir } = options
  const driver = driverOf(options, CHECKOUT, (mounts, runner) => launcher({ dataDir, mounts, runner }))
  const weaknesses = [
    ...(trial ? [] : ['limiting each process but not their sum (no cgroup may be made here)']),
    ...(process.getuid?.() === 0 ? [] : ['tools and programs kept apart by namespaces but not by user ids (not root)']),
  ]
  return { driver, describe: [driver.name, ...weaknesses].join(', ') }
}

/** Undefined when no daemon answers at `DOCKER_HOST`, or at the default socket. */
export async function reachDocker(env: NodeJS.ProcessEnv): Promise<Docker | undefined> {
  const address = dockerAddress(env.DOCKER_HOST || 'unix:///var/run/docker.sock')
  const probe = new Docker({ ...address, timeout: PING_TIMEOUT_MS })
  return probe.ping().then(
    () => new Docker(address),
    () => undefined,
  )
}

function dockerAddress(host: string): Docker.DockerOptions {
  const url = new URL(host)
  if (url.protocol === 'unix:') return { socketPath: url.pathname }
  if (url.protocol === 'tcp:') return { protocol: 'http', host: url.hostname, port: url.port || 2375 }
  throw new Error(`DOCKER_HOST is "${host}"; unix:// and tcp:// addresses are understood.`)
}

/** Tries it, because many systems have the program but forbid what it needs. */
async function requireBubblewrap(): Promise<void> {
  if (process.platform !== 'linux') throw new Error('bubblewrap exists on Linux only.')
  const trial = ['--unshare-net', '--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', 'true']
  try {
    await promisify(execFile)('bwrap', trial, { timeout: 10_000 })
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string }
    const missing = code === 'ENOENT'
    throw new Error(
      missing
        ? 'bubblewrap is not installed (Debian: apt-get install bubblewrap).'
        : `bubblewrap does not work here: ${stderr?.trim() || message}`,
    )
  }
}

/** Tries it, too, because containers and hardened kernels forbid it. */
async function requireNamespaces(): Promise<void> {
  if (process.platform !== 'linux') throw new Error('Namespaces exist on Linux only.')
  const asRoot = process.getuid?.() === 0
  const trial = [...(asRoot ? [] : ['--user', '--map-root-user']), '--mount', '--pid', '--net', '--fork']
  try {
    await promisify(execFile)('unshare', [...trial, 'sh', '-c', 'mount -t tmpfs none /mnt && perl -e 1'], {
      timeout: 10_000,
    })
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw new Error(`Namespaces cannot be made here: ${stderr?.trim() || message}`)
  }
}

/** A driver with this launcher. The compile cache is made meanwhile, and its making ends with the driver. */
function driverOf(
  options: SelectOptions,
  checkout: string,
  launcher: (mounts: RoomSources, runner: string) => Launcher,
): LiveDriver {
  const { dataDir, env, log, runner = RUNNER } = options
  const closing = new AbortController()
  const made = makeRunnerCache(dataDir, mountsOf(CHECKOUT, env), runner, closing.signal)
  const runnerCache = made.catch((error): undefined => {
    if (closing.signal.aborted) return
    log.warn(
      { err: error },
      'sandboxes start more slowly, because the code of their runner could not be compiled before',
    )
  })
  const driver = createDriver(launcher({ ...mountsOf(checkout, env), runnerCache }, runner), options)
  return {
    ...driver,
    async close() {
      closing.abort()
      await Promise.all([driver.close(), runnerCache])
    },
  }
}

function mountsOf(checkout: string, env: NodeJS.ProcessEnv): SandboxMounts {
  return {
    tools: join(checkout, 'tools'),
    contracts: join(checkout, 'contracts'),
    nodeModules: join(checkout, 'node_modules'),
    models: env.MODELS_DIR || undefined,
  }
}

function relocate(path: string, from: string, to: string): string {
  const inside = relative(from, path)
  return inside.startsWith('..') ? path : join(to, inside)
}

/** Made on first use and kept with the data, because volumes outlive processes and must find their data again. */
async function instanceId(dataDir: string): Promise<string> {
  const file = join(dataDir, 'sandbox-instance')
  await writeFile(file, randomBytes(4).toString('hex'), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return readFile(file, 'utf8')
}
