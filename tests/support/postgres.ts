/**
 * A real PostgreSQL 17 with pgvector and pgmq for tests, benchmarks and chaos. install-postgres.sh installs it once per
 * machine. It runs there in a chroot as an unprivileged user, with a data folder of its own.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'

const run = promisify(execFile)
const START_TIMEOUT_MS = 60_000

export interface PostgresOptions {
  /**
   * Without fsync, commits are cheap and a power loss is fatal: right for most tests, wrong for benchmarks and chaos.
   * Default: on.
   */
  fsync?: boolean
}

export interface PostgresServer {
  /** Connection string of the superuser to the database `postgres`. */
  readonly url: string
  /** Process id of the postmaster. `restart()` changes it. */
  readonly pid: number
  /** Ends the server as a crash would; the data folder stays. */
  kill9(): Promise<void>
  /** Starts the server again on the same port and data. Stops it first if it is running. */
  restart(): Promise<void>
  /** Ends the server and removes its data. */
  stop(): Promise<void>
}

/** Starts a server on a free port of 127.0.0.1. If it does not start, rejects with its log. */
export async function startPostgres({ fsync = true }: PostgresOptions = {}): Promise<PostgresServer> {
  const tree = await installPostgres()
  const clusters = join(tree, 'srv/clusters')
  await removeAbandoned(clusters)
  const folder = await mkdtemp(join(clusters, `run-${process.pid}-`))
  await cp(join(clusters, 'template'), folder, { recursive: true, preserveTimestamps: true })
  await run('chown', ['--recursive', '--reference', join(clusters, 'template'), folder])

  const port = await freePort()
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
  const logFile = join(folder, 'server.log')
  const launch = () => spawnServer(tree, folder.slice(tree.length), settings(port, fsync), logFile)

  let server = launch()
  const ready = async () => {
    try {
      await acceptsConnections(url, server)
    } catch (error) {
      const log = await readFile(logFile, 'utf8')
      throw new Error(`PostgreSQL did not start. Its log ends:\n${log.slice(-3000)}`, { cause: error })
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill(signal)
    await once(server, 'exit')
  }
  const stop = async () => {
    await end('SIGINT')
    await removeFolder(folder)
  }

  await ready().catch(async (error) => {
    await stop()
    throw error
  })
  return {
    url,
    get pid() {
      return server.pid!
    },
    kill9: () => end('SIGKILL'),
    async restart() {
      await end('SIGINT')
      server = launch()
      await ready()
    },
    stop,
  }
}

/** Runs `callback` with a new server, and removes it afterwards. */
export async function withPostgres<T>(
  callback: (server: PostgresServer) => Promise<T>,
  options?: PostgresOptions,
): Promise<T> {
  const server = await startPostgres(options)
  try {
    return await callback(server)
  } finally {
    await server.stop()
  }
}

async function installPostgres(): Promise<string> {
  const script = fileURLToPath(new URL('install-postgres.sh', import.meta.url))
  const { stdout } = await run(script).catch((error: Error & { stderr?: string }) => {
    throw new Error(`No PostgreSQL for the tests. ${error.stderr || error.message}`)
  })
  return stdout.trim()
}

function settings(port: number, fsync: boolean): string[] {
  const values: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 300,
    shared_buffers: '256MB',
    dynamic_shared_memory_type: 'mmap', // a chroot has no /dev/shm
    wal_level: 'logical',
    max_wal_size: '2GB',
    fsync: fsync ? 'on' : 'off',
    synchronous_commit: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** `setpriv` sends a fast shutdown when this process dies, so that no server is left behind. */
function spawnServer(tree: string, dataFolder: string, options: string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a')
  const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--pdeathsig=INT']
  const postgres = ['/usr/lib/postgresql/17/bin/postgres', '-D', dataFolder, ...options]
  const server = spawn('chroot', [tree, ...asPostgres, ...postgres], {
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C.UTF-8' },
  })
  closeSync(log)
  return server
}

async function acceptsConnections(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    if (server.exitCode !== null) throw new Error(`postgres exited with code ${server.exitCode}`)
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}

/** Removes what killed test processes left. The name of a folder contains the id of the process that made it. */
async function removeAbandoned(clusters: string): Promise<void> {
  for (const name of await readdir(clusters)) {
    const owner = Number(/^run-(\d+)-/.exec(name)?.[1])
    if (owner && !isAlive(owner)) await removeFolder(join(clusters, name))
  }
}

/** After a kill -9 of the postmaster, its children may live and write for a moment longer. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
