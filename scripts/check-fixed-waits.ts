/**
 * `npm run check:fixed-waits`: refuses tests and benchmarks that wait for a fixed time, because such a test is slow on a
 * fast machine and fails on a slow one. Wait for the condition (`expect.poll`, `vi.waitUntil`), or use fake timers. To
 * assert that nothing happens, wait for something that happens later in the same order.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixedWaits } from './fixed-waits/find.ts'

const root = join(import.meta.dirname, '..')
const TESTS = ['*.test.ts', 'tests/*.ts', 'bench/*.ts']
/** The chaos test kills and pauses processes at random moments, so it has to wait for fixed times. */
const EXEMPT = [':!tests/chaos', ':!scripts/fixed-waits/find.test.ts']

const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...TESTS, ...EXEMPT], {
  cwd: root,
  encoding: 'utf8',
})
const faults = listed
  .trim()
  .split('\n')
  .flatMap((path) =>
    fixedWaits(readFileSync(join(root, path), 'utf8')).map(({ line, text }) => `${path}:${line}: ${text}`),
  )
if (faults.length > 0) {
  console.error(
    `${faults.join('\n')}\nWait for a condition instead, or give the reason in a comment: // fixed wait: REASON`,
  )
  process.exit(1)
}
