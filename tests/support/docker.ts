/** A real Docker daemon for tests, with folders and a socket of its own, and the sandbox's image loaded into it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { buildImage, DOCKERFILE, SANDBOX_IMAGE } from '../../executor/sandbox/image.ts'

const START_TIMEOUT_MS = 60_000
const BASE_IMAGE = 'persona-base:trixie'

export interface DockerDaemon {
  readonly docker: Docker
  /** What DOCKER_HOST would be. */
  readonly host: string
  /** Ends the daemon with all its containers and removes its files. */
  stop(): Promise<void>
}

/** Starts a daemon with the sandbox's image. Needs root and the programs of Debian's docker.io; rejects with its log. */
export async function startDocker(): Promise<DockerDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'dockerd-'))
  const socket = join(folder, 'docker.sock')
  const daemon = spawnDaemon(folder, socket)
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
 * `setpriv` ends the daemon when this process dies; `unshare` lets its mounts vanish with it. No bridge: sandboxes have
 * no network, builds use the host's.
 */
function spawnDaemon(folder: string, socket: string): ChildProcess {
  const options = {
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

/** Built once per machine and version, then kept in the cache folder, since each daemon begins empty. */
async function provideImage(docker: Docker): Promise<void> {
  const base = await debianBase()
  const key = createHash('sha256')
    .update(await readFile(DOCKERFILE))
    .update(process.version)
    .digest('hex')
    .slice(0, 12)
  const archive = join(dirname(base), `persona-sandbox-${key}.tar`)
  if (existsSync(archive)) {
    const loaded = await docker.loadImage(createReadStream(archive), { quiet: true })
    await promisify(docker.modem.followProgress.bind(docker.modem))(loaded)
    return
  }
  const imported = await docker.importImage(createReadStream(base), { repo: 'persona-base', tag: 'trixie' })
  await promisify(docker.modem.followProgress.bind(docker.modem))(imported)
  await buildImage(docker, { baseImage: BASE_IMAGE })
  const part = `${archive}.${process.pid}`
  await pipeline(await docker.getImage(SANDBOX_IMAGE).get(), createWriteStream(part))
  await rename(part, archive)
}

async function debianBase(): Promise<string> {
  const script = fileURLToPath(new URL('debian-base.sh', import.meta.url))
  const { stdout } = await promisify(execFile)(script).catch((error: Error & { stderr?: string }) => {
    throw new Error(`No base image for the tests. ${error.stderr || error.message}`)
  })
  return stdout.trim()
}
