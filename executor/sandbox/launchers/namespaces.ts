/**
 * Runs a persona's runner in namespaces that `unshare` makes: for a machine that has neither Docker nor bubblewrap. All
 * that it needs is on every Debian (util-linux, mount, perl-base). The room is the same as bubblewrap's.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalOptions } from './bubblewrap.ts'
import { DOOR_INSIDE, type Launcher, runnerCommand, type SandboxMounts } from './launcher.ts'
import {
  DROP_ALL,
  environment,
  type LocalRoom,
  launchLocally,
  limits,
  readOnlyMounts,
  USER_INSIDE,
} from './local-room.ts'

const SCRIPT = join(import.meta.dirname, 'namespaces.sh')
/** The first process of a pid namespace inherits orphans and must wait for them; node would not. */
const REAPER = 'exec 3<&0; "$@" <&3 3<&- & exec 0<&- 3<&-; wait $!'
/** Changing the user forgets what --kill-child asked for. */
const DIE_WITH_PARENT = '--pdeathsig=KILL'
const UNSHARED = ['mount', 'pid', 'net', 'ipc', 'uts', 'cgroup'].map((name) => `--${name}`)

export function namespacesLauncher({ dataDir, mounts, runner }: LocalOptions): Launcher {
  return {
    name: 'namespaces',
    launch: (spec, doorFolder) =>
      launchLocally(spec, dataDir, (room) => [
        ...['setpriv', DIE_WITH_PARENT, '--'],
        ...['unshare', ...unshared(room.user), '--fork', '--kill-child=KILL'],
        ...['setsid', 'env', `ROOM=${roomFolder(room)}`, 'sh', SCRIPT],
        ...mountArguments(room, doorFolder, mounts),
        '--',
        ...droppingTo(room.user),
        ...['env', '--ignore-environment', ...Object.entries(environment()).map(([name, value]) => `${name}=${value}`)],
        ...limits(spec.limits),
        ...['sh', '-c', REAPER, 'sh', ...runnerCommand(runner)],
      ]),
  }
}

const unshared = (user: number | undefined) =>
  user === undefined ? ['--user', '--map-root-user', ...UNSHARED] : UNSHARED

/** The mount point of the room's own root; what is mounted there is seen inside its namespace only. */
function roomFolder({ home }: LocalRoom): string {
  const folder = join(home, 'room')
  mkdirSync(folder, { recursive: true })
  return folder
}

function mountArguments(room: LocalRoom, doorFolder: string, mounts: SandboxMounts): string[] {
  const { needed, optional } = readOnlyMounts(room, mounts)
  return [
    ...needed.flatMap(([from, to]) => ['ro', from, to]),
    ...optional.flatMap(([from, to]) => ['try', from, to]),
    ...['ro', doorFolder, DOOR_INSIDE],
    ...['rw', room.workspace, '/workspace'],
    ...['rw', join(room.home, 'cache'), '/cache'],
  ]
}

/** As an ordinary user, one more user namespace takes away the root that the first one needed for its mounts. */
function droppingTo(user: number | undefined): string[] {
  if (user === undefined) {
    const become = ['unshare', '--user', `--map-user=${USER_INSIDE}`, `--map-group=${USER_INSIDE}`]
    return [...become, 'setpriv', DIE_WITH_PARENT, '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs', '--']
  }
  return ['setpriv', DIE_WITH_PARENT, `--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...DROP_ALL, '--']
}
