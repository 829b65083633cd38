/**
 * Docker's seccomp profile for a sandbox. Our profile replaces Docker's own, so it has to list every allowed call. The
 * list is the one that the containers project uses for containers without capabilities (containers-common, Apache-2.0),
 * without the calls in `forbidden-calls.ts`.
 */
import allowedCalls from './allowed-calls.json' with { type: 'json' }
import { FORBIDDEN_CALLS, NAMESPACE_FLAGS } from './forbidden-calls.ts'

const [EPERM, ENOSYS] = [1, 38]
/** Allowed arguments of `personality`: Linux or 32-bit Linux, with or without random addresses, and the query. */
const PERSONALITIES = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff]

/** The value of `seccomp=` in the daemon's security options. */
export function dockerSeccompProfile(): string {
  const allow = 'SCMP_ACT_ALLOW'
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: [] },
    ],
    syscalls: [
      { names: allowedCalls.filter((name) => !FORBIDDEN_CALLS.includes(name)), action: allow },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      {
        names: ['clone'],
        action: allow,
        args: [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      ...PERSONALITIES.map((value) => ({
        names: ['personality'],
        action: allow,
        args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
      })),
    ],
  })
}
