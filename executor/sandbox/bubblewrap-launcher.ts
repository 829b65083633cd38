/**
 * Runs a persona's runner by bubblewrap: no daemon, no image. The persona sees the system's /usr, the checkout's tools,
 * and two folders of its own under `<dataDir>/personas/<id>/`. Started as root, each persona has a user id of its own on
 * the host; started by an ordinary user, it has that user's, in a user namespace.
 */
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SandboxSpec } from '../../contracts/sandbox.ts'
import { type Cgroup, makeCgroup } from './cgroup.ts'
import {
  DOOR_INSIDE,
  type Launcher,
  RUNNER_COMMAND,
  RUNNER_ENVIRONMENT,
  type SandboxMounts,
  sumOfDu,
} from './launcher.ts'
import type { RunnerProcess } from './runner-client.ts'

const USER_INSIDE = 1000
const NODE_INSIDE = '/node/bin'
/** Writable memory that node reserves for code at its start and hardly uses. */
const NODE_RESERVES_MB = 600
/** Made before anything is mounted in them, since bubblewrap would close them to all but root. */
const OPEN_FOLDERS = ['/etc', '/etc/ssl', '/node', '/node/bin', '/run', '/run/egress']
/** What programs need of /etc, besides the few files that we write. None of it is secret. */
const ETC = ['alternatives', 'ld.so.cache', 'ssl/certs', 'ssl/openssl.cnf', 'fonts', 'localtime', 'python3']
const SYSTEM_LINKS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']

export interface BubblewrapOptions {
  dataDir: string
  mounts: SandboxMounts
}

export function bubblewrapLauncher({ dataDir, mounts }: BubblewrapOptions): Launcher {
  return {
    name: 'bubblewrap',
    async launch(spec, doorFolder) {
      const user = hostUser(spec.personaId)
      const home = await makeFolders(join(dataDir, 'personas', spec.personaId), user)
      const cgroup = await makeCgroup(spec.personaId, spec.limits)
      const command = [
        ...joining(cgroup),
        'bwrap',
        ...namespaces(user),
        ...fileSystem(home, doorFolder, mounts),
        '--clearenv',
        ...Object.entries(environment()).flatMap(([name, value]) => ['--setenv', name, value]),
        '--',
        ...droppingTo(user),
        ...limits(spec.limits),
        ...RUNNER_COMMAND,
      ]
      return { ...start(command, cgroup), diskUsedMb: () => diskUsedMb(home) }
    },
  }
}

/** As root: an id that nothing else on the machine has, one per persona. Otherwise undefined: we cannot change it. */
function hostUser(personaId: string): number | undefined {
  if (process.getuid?.() !== 0) return undefined
  return 0x1000_0000 + Number.parseInt(createHash('sha256').update(personaId).digest('hex').slice(0, 7), 16)
}

async function makeFolders(home: string, user: number | undefined): Promise<string> {
  const idInside = user ?? USER_INSIDE
  await mkdir(join(home, 'etc'), { recursive: true })
  await chmod(home, 0o700)
  for (const name of ['workspace', 'cache']) {
    await mkdir(join(home, name), { recursive: true, mode: 0o700 })
    if (user !== undefined) await chown(join(home, name), user, user)
  }
  await writeFile(join(home, 'etc/passwd'), `persona:x:${idInside}:${idInside}:Persona:/cache:/bin/sh\n`)
  await writeFile(join(home, 'etc/group'), `persona:x:${idInside}:\n`)
  await writeFile(join(home, 'etc/hosts'), '127.0.0.1 localhost sandbox\n::1 localhost\n')
  return home
}

/** A shell joins the cgroups before it becomes bubblewrap, so that no process is ever outside. */
function joining(cgroup: Cgroup | undefined): string[] {
  if (!cgroup) return []
  const script = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1" || exit 1; shift; n=$((n - 1)); done; exec "$@"'
  return ['sh', '-c', script, 'sh', `${cgroup.joinFiles.length}`, ...cgroup.joinFiles]
}

function namespaces(user: number | undefined): string[] {
  const common = ['--die-with-parent', '--new-session', '--hostname', 'sandbox']
  if (user === undefined) return ['--unshare-all', '--uid', `${USER_INSIDE}`, '--gid', `${USER_INSIDE}`, ...common]
  // Without a user namespace the user is changed by setpriv inside, which needs these three until then.
  const capabilities = ['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`])
  const unshared = ['ipc', 'pid', 'net', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`)
  return [...unshared, '--cap-drop', 'ALL', ...capabilities, ...common]
}

function droppingTo(user: number | undefined): string[] {
  if (user === undefined) return []
  const none = ['--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all']
  return ['setpriv', `--reuid=${user}`, `--regid=${user}`, ...none, '--']
}

/**
 * Per process, what a cgroup limits in sum: all there is where no cgroup may be made. Not the address space, of which
 * node reserves gigabytes, but what is private and writable.
 */
function limits({ memoryMb, processes, diskMb }: SandboxSpec['limits']): string[] {
  const megabyte = 1024 * 1024
  return [
    'prlimit',
    `--data=${(memoryMb + NODE_RESERVES_MB) * megabyte}`,
    `--nproc=${processes}`,
    `--fsize=${diskMb * megabyte}`,
    '--nofile=4096',
    '--core=0',
    '--',
  ]
}

function fileSystem(home: string, doorFolder: string, mounts: SandboxMounts): string[] {
  const readOnly = (from: string, to: string) => ['--ro-bind', from, to]
  return [
    ...OPEN_FOLDERS.flatMap((folder) => ['--perms', '0755', '--dir', folder]),
    ...readOnly('/usr', '/usr'),
    ...SYSTEM_LINKS.flatMap((name) => ['--ro-bind-try', `/${name}`, `/${name}`]),
    ...ETC.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...['passwd', 'group', 'hosts'].flatMap((name) => readOnly(join(home, 'etc', name), `/etc/${name}`)),
    ...readOnly(process.execPath, `${NODE_INSIDE}/node`),
    ...readOnly(mounts.tools, '/tools'),
    ...readOnly(mounts.contracts, '/contracts'),
    ...readOnly(mounts.nodeModules, '/node_modules'),
    ...(mounts.models ? readOnly(mounts.models, '/models') : []),
    ...readOnly(doorFolder, DOOR_INSIDE),
    ...['--bind', join(home, 'workspace'), '/workspace'],
    ...['--bind', join(home, 'cache'), '/cache'],
    ...['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp'],
    ...['--remount-ro', '/', '--chdir', '/'],
  ]
}

function environment(): Record<string, string> {
  return { ...RUNNER_ENVIRONMENT, PATH: `${NODE_INSIDE}:${RUNNER_ENVIRONMENT.PATH}` }
}

function start(command: string[], cgroup: Cgroup | undefined): RunnerProcess {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  })
  const ended = once(child, 'close').then(
    ([code, signal]) => (signal ? `it was ended by ${signal}` : `it exited with code ${code}`),
    (error: Error) => `it could not be started: ${error.message}`,
  )
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended: ended.finally(() => cgroup?.remove()),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** du follows no links. Its complaints about files that vanish meanwhile do not matter. */
async function diskUsedMb(home: string): Promise<number> {
  const du = promisify(execFile)('du', ['-sm', join(home, 'workspace'), join(home, 'cache')])
  const { stdout } = await du.catch((error: { stdout: string }) => error)
  return sumOfDu(stdout)
}
