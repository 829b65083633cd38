/** A real Docker daemon for tests, with folders and a socket of its own, and the sandbox's image loaded into it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { buildImage, IMAGE_SOURCES, SANDBOX_IMAGE } from '../../executor/sandbox/image.ts'

const START_TIMEOUT_MS = 60_000
const BASE_IMAGE = 'persona-base:trixie'

export interface DockerDaemon {
  readonly docker: Docker
  /** The value for DOCKER_HOST. */
  readonly host: string
  /** Ends the daemon with all its containers and removes its files. */
  stop(): Promise<void>
}

/**
 * Starts a daemon with the sandbox's image and, if asked for, with gVisor beside runc. Needs root and the programs of
 * Debian's docker.io. If the daemon does not start, rejects with its log.
 */
export async function startDocker({ gvisor = false } = {}): Promise<DockerDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'dockerd-'))
  const socket = join(folder, 'docker.sock')
  const configuration = join(folder, 'daemon.json')
  await writeFile(configuration, JSON.stringify(gvisor ? { runtimes: { runsc: await installRunsc() } } : {}))
  const daemon = spawnDaemon(folder, socket, configuration)
  const docker = new Docker({ socketPath: socket })
  const stop = async () => {
    await endDaemon(daemon, docker)
    await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 })
  }
  try {
    await answers(docker, daemon)
    await provideImage(docker)
  } catch (error) {
    await stop()
    throw error
  }
  return { docker, host: `unix://${socket}`, stop }
}

/**
 * `setpriv` ends the daemon when this process dies, and `unshare` lets its mounts vanish with it. There is no bridge,
 * because sandboxes have no network and builds use the host's.
 */
function spawnDaemon(folder: string, socket: string, configuration: string): ChildProcess {
  const options = {
    'config-file': configuration,
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'pid'),
    host: `unix://${socket}`,
    bridge: 'none',
    iptables: 'false',
    'log-level': 'warn',
  }
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const command = ['--pdeathsig=TERM', 'unshare', '--mount', 'dockerd', ...args]
  return spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] })
}

async function answers(docker: Docker, daemon: ChildProcess): Promise<void> {
  let log = ''
  daemon.stderr?.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-4_000)
  })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await docker.ping().catch(() => false))) {
    if (daemon.exitCode !== null || Date.now() > deadline) {
      throw new Error(`dockerd did not start. It needs root, cgroups and the package docker.io. Its log ends:\n${log}`)
    }
    await sleep(100)
  }
}

async function endDaemon(daemon: ChildProcess, docker: Docker): Promise<void> {
  const containers = await docker.listContainers({ all: true }).catch(() => [])
  await Promise.all(
    containers.map(({ Id }) =>
      docker
        .getContainer(Id)
        .remove({ force: true })
        .catch(() => {}),
    ),
  )
  if (daemon.exitCode !== null || daemon.signalCode !== null) return
  daemon.kill('SIGTERM')
  await once(daemon, 'exit')
}

/** The image is built once per machine and version and kept in the cache folder, because each new daemon is empty. */
async function provideImage(docker: Docker): Promise<void> {
  const base = await install('debian-base.sh')
  const sources = await Promise.all(IMAGE_SOURCES.map((source) => readFile(source)))
  const key = createHash('sha256')
    .update(basename(base))
    .update(Buffer.concat(sources))
    .update(process.version)
    .digest('hex')
    .slice(0, 12)
  const archive = join(dirname(base), `persona-sandbox-${key}.tar`)
  if (await loadImage(docker, archive)) return
  const imported = await docker.importImage(createReadStream(base), { repo: 'persona-base', tag: 'trixie' })
  await progress(docker, imported)
  await buildImage(docker, { baseImage: BASE_IMAGE })
  // others may build it at the same time; each writes its own file, so the archive is always complete
  const part = `${archive}.${process.pid}`
  await pipeline(await docker.getImage(SANDBOX_IMAGE).get(), createWriteStream(part))
  await rename(part, archive)
}

/** Returns false if there is no archive, or if it is damaged. */
async function loadImage(docker: Docker, archive: string): Promise<boolean> {
  if (!existsSync(archive)) return false
  try {
    await progress(docker, await docker.loadImage(createReadStream(archive), { quiet: true }))
    await docker.getImage(SANDBOX_IMAGE).inspect()
    return true
  } catch (error) {
    console.warn(`${archive} is damaged and will be made again: ${(error as Error).message}`)
    return false
  }
}

const progress = (docker: Docker, stream: NodeJS.ReadableStream) =>
  promisify(docker.modem.followProgress.bind(docker.modem))(stream)

/** Without gVisor's own network stack, because the sandboxes have no network and not every kernel can run it. */
async function installRunsc(): Promise<{ path: string; runtimeArgs: string[] }> {
  const runtimeArgs = ['--platform=systrap', '--network=none', '--host-uds=open']
  return { path: await install('install-runsc.sh'), runtimeArgs }
}

/** Runs a script of this folder and returns the path that it prints. */
async function install(script: string): Promise<string> {
  const run = promisify(execFile)(fileURLToPath(new URL(script, import.meta.url)))
  const { stdout } = await run.catch((error: Error & { stderr?: string }) => {
    throw new Error(`${script} failed. ${error.stderr || error.message}`)
  })
  return stdout.trim()
}
