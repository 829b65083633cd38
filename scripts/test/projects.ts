/**
 * The vitest projects: which test file belongs to which, and what the machine must have for it. This is the only list:
 * `vitest.config.ts` and `npm test` (`scripts/test.ts`) read it.
 *
 * A test file belongs to the first project, from the top, with a glob that fits. So a test that needs several parts goes
 * to the heaviest of them, and what fits nowhere else is a unit test. A test that stands beside its file in a room of unit
 * tests, but needs more, says so by its name: `start.database.test.ts`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TestProject {
  name: string
  files: string[]
  /** The tests make file systems, users and daemons of their own. */
  needsRoot?: boolean
  /** Debian packages, each with a program or a file by which it is recognised, on other systems as well. */
  packages?: Record<string, string>
  /** Makes what is kept in the cache folder, so that no test waits for it. Prints errors to stderr. */
  prepare?: string
}

/** Packages of the sandbox's image, each with a file of it: the tests run what is on this machine. */
const inImage = (list: 'fonts.txt' | 'python.txt') =>
  Object.fromEntries(
    readFileSync(join(import.meta.dirname, '../../executor/sandbox/image', list), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  )

/** So that documents come out the same in tests. */
const fonts = inImage('fonts.txt')

export const testProjects: TestProject[] = [
  {
    name: 'browser',
    files: ['tests/browser/**/*.test.ts', '**/*.browser.test.ts'],
    packages: {
      bubblewrap: 'bwrap',
      chromium: 'chromium',
      'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
    },
  },
  {
    name: 'sandbox',
    files: [
      'executor/sandbox/**/*.test.ts',
      'tools/code/**/*.test.ts',
      'tools/runner/**/*.test.ts',
      '**/*.sandbox.test.ts',
    ],
    needsRoot: true,
    packages: {
      ...fonts,
      bubblewrap: 'bwrap',
      debootstrap: 'debootstrap',
      'docker.io': 'dockerd',
      'libreoffice-calc-nogui': 'soffice',
      procps: 'ps',
      python3: 'python3',
      ...inImage('python.txt'),
    },
    prepare: 'tests/support/install-postgres.sh',
  },
  {
    name: 'database',
    files: [
      'tests/{api,chaos,runs,security,siege,sql,support,triggers,upgrade}/**/*.test.ts',
      'supabase/**/*.test.ts',
      '**/*.database.test.ts',
    ],
    needsRoot: true,
    packages: { debootstrap: 'debootstrap' },
    prepare: 'tests/support/install-postgres.sh',
  },
  { name: 'unit', files: ['**/*.test.ts'], packages: { ...fonts, 'poppler-utils': 'pdftotext' } },
]
