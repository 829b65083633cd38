import { expect, test } from 'vitest'
import { DEFAULT_SANDBOX_LIMITS, sandboxLimitsOf } from './sandbox.ts'

test('limits of the sandbox come from the persona; a limit that it does not set is the default', () => {
  const given = { cost_per_day: 3, sandbox_memory_mb: 4096, sandbox_cpus: 0.5, sandbox_disk_mb: null }
  expect(sandboxLimitsOf(given)).toEqual({ ...DEFAULT_SANDBOX_LIMITS, memoryMb: 4096, cpus: 0.5 })
  expect(sandboxLimitsOf({})).toEqual(DEFAULT_SANDBOX_LIMITS)
})

test.each([{ sandbox_memory_mb: 1 }, { sandbox_cpus: 0 }, { sandbox_processes: 1e9 }, { sandbox_disk_mb: '5' }])(
  'a value out of bounds counts as missing: %o',
  (given) => {
    expect(sandboxLimitsOf(given)).toEqual(DEFAULT_SANDBOX_LIMITS)
  },
)
