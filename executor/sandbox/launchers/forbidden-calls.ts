/**
 * The system calls that no process in a sandbox may make, whichever driver runs it. They look into other processes, reach
 * the parts of the kernel where most of its security holes were found, or make new namespaces. For Docker, we remove them
 * from the list of allowed calls. For bubblewrap and namespaces, we write a filter as BPF instructions. gVisor takes no
 * filter, because its own kernel stands between the program and the host's; docs/security.md says which calls it refuses.
 */
import { constants, endianness } from 'node:os'
import { ownValue } from '../../../contracts/own-value.ts'

/** [on x86_64, on arm64] */
type Numbers = readonly [number, number]

const FORBIDDEN = {
  // look into other processes
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  // the kernel's keys, which namespaces do not separate
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // large parts of the kernel that were often broken
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  perf_event_open: [298, 241],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  open_by_handle_at: [304, 265],
  // namespaces and mounts
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
} satisfies Record<string, Numbers>

export const FORBIDDEN_CALLS: readonly string[] = Object.keys(FORBIDDEN)

const CLONE: Numbers = [56, 220]
/** A filter cannot see its flags, which are behind a pointer. If libraries hear that it does not exist, they use `clone`. */
const CLONE3: Numbers = [435, 435]
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
export const NAMESPACE_FLAGS = 0x7e02_0000
const ENOSYS = 38

const MACHINES: Record<string, { index: 0 | 1; audit: number } | undefined> = {
  x64: { index: 0, audit: 0xc000_003e },
  arm64: { index: 1, audit: 0xc000_00b7 },
}
/** On x86_64, higher numbers belong to the x32 interface, which has the same calls under other numbers. */
const X32 = 0x4000_0000

// BPF instructions, and the offsets in the kernel's `struct seccomp_data` from which they load
const [LOAD, IF_EQUAL, IF_AT_LEAST, IF_ANY_BIT, RETURN] = [0x20, 0x15, 0x35, 0x45, 0x06]
const [CALL_NUMBER, MACHINE, FIRST_ARGUMENT] = [0, 4, 16]
const ALLOW = 0x7fff_0000
const refuse = (errno: number) => instruction(RETURN, 0x0005_0000 | errno)

/** The filter as an array of the kernel's `struct sock_filter`. Undefined for architectures that `MACHINES` lacks. */
export function seccompFilter(architecture: string = process.arch): Buffer | undefined {
  const machine = ownValue(MACHINES, architecture)
  if (!machine || endianness() !== 'LE') return undefined
  const { index, audit } = machine
  const { EPERM } = constants.errno
  return Buffer.concat([
    instruction(LOAD, MACHINE),
    instruction(IF_EQUAL, audit, 1, 0),
    refuse(EPERM),
    instruction(LOAD, CALL_NUMBER),
    ...(architecture === 'x64' ? [instruction(IF_AT_LEAST, X32, 0, 1), refuse(EPERM)] : []),
    ...Object.values(FORBIDDEN).flatMap((numbers) => [instruction(IF_EQUAL, numbers[index], 0, 1), refuse(EPERM)]),
    ...[instruction(IF_EQUAL, CLONE3[index], 0, 1), refuse(ENOSYS)],
    ...[instruction(IF_EQUAL, CLONE[index], 0, 3), instruction(LOAD, FIRST_ARGUMENT)],
    ...[instruction(IF_ANY_BIT, NAMESPACE_FLAGS, 0, 1), refuse(EPERM)],
    instruction(RETURN, ALLOW),
  ])
}

/** `ifTrue` and `ifFalse` say how many of the following instructions are skipped. */
function instruction(code: number, value: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(code, 0)
  bytes.writeUInt8(ifTrue, 2)
  bytes.writeUInt8(ifFalse, 3)
  bytes.writeUInt32LE(value, 4)
  return bytes
}
