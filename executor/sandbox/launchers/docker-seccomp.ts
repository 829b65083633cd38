/**
 * Docker's seccomp profile for a sandbox: a list of allowed calls, since Docker takes ours in place of its own. The list
 * is that of the containers project for a container without capabilities (containers-common, Apache-2.0), less ours.
 */
import allowedCalls from './allowed-calls.json' with { type: 'json' }
import { FORBIDDEN_CALLS, NAMESPACE_FLAGS } from './forbidden-calls.ts'

const [EPERM, ENOSYS] = [1, 38]
/** The personalities that a container may take: Linux, Linux on 32 bit, without random addresses or not, and asking. */
const PERSONALITIES = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff]

/** What stands behind `seccomp=` in the daemon's security options. */
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
