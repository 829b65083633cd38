/**
 * Runs a persona's runner in namespaces that `unshare` makes, for a machine that has neither Docker nor bubblewrap. It
 * needs only what every Debian has (util-linux, mount, perl-base). The room is the same as bubblewrap's.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { seccompFilter } from './forbidden-calls.ts'
import { commandOf, DOOR_INSIDE, type Launcher, type RoomSources } from './launcher.ts'
import {
  DROP_ALL,
  environment,
  type LocalOptions,
  type LocalRoom,
  launchLocally,
  type RoomUser,
  readOnlyMounts,
} from './local-room.ts'

const SCRIPT = join(import.meta.dirname, 'namespaces.sh')
/** The first process of a pid namespace inherits orphans and must wait for them. Node would not, so a shell does. */
const REAPER = 'exec 3<&0; "$@" <&3 3<&- & exec 0<&- 3<&-; wait $!'
/** Changing the user cancels the effect of --kill-child, so we ask for it again. */
const DIE_WITH_PARENT = '--pdeathsig=KILL'
/** Calls prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, struct sock_fprog *) by number, because Perl has no name for it. */
const LOAD_FILTER = `
  my ($prctl, $filter) = (shift, pack("H*", shift));
  my $program = pack("S x6 P", length($filter) / 8, $filter);
  syscall($prctl + 0, 22, 2, $program, 0, 0) == 0 or die "seccomp: $!";
  exec @ARGV or die "exec: $!";`
const PRCTL_NUMBER: Record<string, string> = { x64: '157', arm64: '167' }
const UNSHARED = ['mount', 'pid', 'net', 'ipc', 'uts', 'cgroup'].map((name) => `--${name}`)

export function namespacesLauncher(options: LocalOptions): Launcher {
  const { mounts, runner } = options
  return {
    name: 'namespaces',
    launch: (spec, doorFolder, wanted) =>
      launchLocally(spec, options, wanted, (room) => ({
        command: [
          ...['setpriv', DIE_WITH_PARENT, '--'],
          ...['unshare', ...unshared(room.user), '--fork', '--kill-child=KILL'],
          ...['setsid', 'env', `ROOM=${roomFolder(room)}`, 'sh', SCRIPT],
          ...mountArguments(room, doorFolder, mounts),
          '--',
          ...droppingTo(room.user),
          ...['env', '--ignore-environment'],
          ...Object.entries(environment(room)).map(([name, value]) => `${name}=${value}`),
          ...filtering(),
          ...room.limits,
          ...(wanted.kind === 'persona' ? ['sh', '-c', REAPER, 'sh'] : []), // a program's keeper waits for orphans itself
          ...commandOf(wanted, runner),
        ],
      })),
  }
}

/** Perl loads the filter for itself and then becomes the command, which keeps it. Nothing can remove a filter again. */
function filtering(): string[] {
  const filter = seccompFilter()
  return filter ? ['perl', '-e', LOAD_FILTER, PRCTL_NUMBER[process.arch]!, filter.toString('hex')] : []
}

const unshared = ({ isReal }: RoomUser) => (isReal ? UNSHARED : ['--user', '--map-root-user', ...UNSHARED])

/** The mount point of the room's root. Only the room's own namespace sees what is mounted there. */
function roomFolder({ home }: LocalRoom): string {
  const folder = join(home, 'room')
  mkdirSync(folder, { recursive: true })
  return folder
}

function mountArguments(room: LocalRoom, doorFolder: string, mounts: RoomSources): string[] {
  const { needed, optional } = readOnlyMounts(room, mounts)
  return [
    ...needed.flatMap(([from, to]) => ['ro', from, to]),
    ...optional.flatMap(([from, to]) => ['try', from, to]),
    ...['ro', doorFolder, DOOR_INSIDE],
    ...['rw', room.workspace, '/workspace'],
    ...(room.cache ? ['rw', room.cache, '/cache'] : ['fresh', '-', '/cache']),
  ]
}

/** For an ordinary user, a second user namespace drops the root rights that the first one needed for its mounts. */
function droppingTo({ uid, gid, isReal }: RoomUser): string[] {
  if (!isReal) {
    const become = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`]
    return [...become, 'setpriv', DIE_WITH_PARENT, '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs', '--']
  }
  return ['setpriv', DIE_WITH_PARENT, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...DROP_ALL, '--']
}
