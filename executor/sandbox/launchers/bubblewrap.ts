/** Runs a persona's runner in bubblewrap, without a daemon or an image. local-room.ts says what the room contains. */
import { seccompFilter } from './forbidden-calls.ts'
import { commandOf, DOOR_INSIDE, type Launcher, type RoomSources, RUNNER_CACHE } from './launcher.ts'
import {
  DROP_ALL,
  environment,
  type LocalOptions,
  type LocalRoom,
  launchLocally,
  type RoomUser,
  readOnlyMounts,
  SYSTEM_LINKS,
} from './local-room.ts'

/** We create these before anything is mounted in them, because bubblewrap would let only root read them. */
const OPEN_FOLDERS = ['/etc', '/etc/ssl', '/node', '/node/bin', '/run', '/run/egress', `/${RUNNER_CACHE}`]

/** The room can read the command line of bubblewrap, its first process. So the options go through a descriptor. */
const OPTIONS_DESCRIPTOR = 3
const FILTER_DESCRIPTOR = 4

export function bubblewrapLauncher(options: LocalOptions): Launcher {
  const { mounts, runner } = options
  return {
    name: 'bubblewrap',
    launch: (spec, doorFolder, wanted) =>
      launchLocally(spec, options, wanted, (room) => {
        const filter = seccompFilter()
        const words = [
          ...namespaces(room.user),
          ...fileSystem(room, doorFolder, mounts),
          '--clearenv',
          ...Object.entries(environment(room)).flatMap(([name, value]) => ['--setenv', name, value]),
          ...(filter ? ['--seccomp', `${FILTER_DESCRIPTOR}`] : []),
        ]
        return {
          command: [
            ...['bwrap', '--args', `${OPTIONS_DESCRIPTOR}`, '--'],
            ...droppingTo(room.user),
            ...room.limits,
            ...commandOf(wanted, runner),
          ],
          inputs: [Buffer.from(words.join('\0')), ...(filter ? [filter] : [])],
        }
      }),
  }
}

function namespaces({ uid, gid, isReal }: RoomUser): string[] {
  const common = ['--die-with-parent', '--new-session', '--hostname', 'sandbox']
  if (!isReal) return ['--unshare-all', '--uid', `${uid}`, '--gid', `${gid}`, ...common]
  // without a user namespace, setpriv changes the user inside, and needs these three capabilities to do so
  const capabilities = ['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`])
  const unshared = ['ipc', 'pid', 'net', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`)
  return [...unshared, '--cap-drop', 'ALL', ...capabilities, ...common]
}

function droppingTo({ uid, gid, isReal }: RoomUser): string[] {
  if (!isReal) return []
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...DROP_ALL, '--']
}

function fileSystem(room: LocalRoom, doorFolder: string, mounts: RoomSources): string[] {
  const { needed, optional } = readOnlyMounts(room, mounts)
  return [
    ...OPEN_FOLDERS.flatMap((folder) => ['--perms', '0755', '--dir', folder]),
    ...SYSTEM_LINKS.flatMap((name) => ['--ro-bind-try', `/${name}`, `/${name}`]),
    ...optional.flatMap(([from, to]) => ['--ro-bind-try', from, to]),
    ...[...needed, [doorFolder, DOOR_INSIDE]].flatMap(([from, to]) => ['--ro-bind', from!, to!]),
    ...['--bind', room.workspace, '/workspace'],
    ...(room.cache ? ['--bind', room.cache, '/cache'] : ['--perms', '1777', '--tmpfs', '/cache']),
    ...['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp'],
    ...['--remount-ro', '/', '--chdir', '/'],
  ]
}
