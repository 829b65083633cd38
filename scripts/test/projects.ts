/**
 * The vitest projects, with their test files and what they need from the machine. This is the only list;
 * `vitest.config.ts` and `npm test` (`scripts/test.ts`) read it.
 *
 * A test file belongs to the first project in this list with a matching glob. So a test that needs several parts
 * belongs to the heaviest of them, and a test that matches nothing else is a unit test. If a test is in a room of unit
 * tests but needs more or takes long, its name says so: `start.database.test.ts`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TestProject {
  name: string
  files: string[]
  /** The tests make their own file systems, users and daemons. */
  needsRoot?: boolean
  /** Debian packages, each with a program or a file that shows that it is installed, also on other systems. */
  packages?: Record<string, string>
  /** A script that fills the cache folder, so that no test has to wait for it. It prints errors to stderr. */
  prepare?: string
}

/** Packages of the sandbox's image, each with one of its files. The tests use those of this machine. */
const inImage = (list: 'fonts.txt' | 'python.txt') =>
  Object.fromEntries(
    readFileSync(join(import.meta.dirname, '../../executor/sandbox/image', list), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  )

/** With these fonts, documents look the same in all tests. */
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
      'poppler-utils': 'pdftotext',
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
