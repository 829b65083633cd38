import { availableParallelism } from 'node:os'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import { defineConfig } from 'vitest/config'
import { testProjects } from './scripts/test/projects.ts'

const BROWSER_TEST_MS = 240_000

/** Settings of each project. Groups run one after another: unit tests first, and browser tests last and alone. */
const settings: Record<string, TestProjectInlineConfiguration['test']> = {
  // by default vitest leaves one core free, which would be half of two cores
  // these tests leave nothing behind in their process, so files can share it and its imports
  unit: { sequence: { groupOrder: 0 }, maxWorkers: availableParallelism(), isolate: false },
  database: { sequence: { groupOrder: 1 }, globalSetup: ['tests/support/global-setup.ts'] },
  sandbox: { sequence: { groupOrder: 1 }, globalSetup: ['tests/support/global-setup.ts'] },
  browser: {
    // all files share one product and one browser
    globalSetup: ['tests/browser/support/global-setup.ts'],
    sequence: { groupOrder: 2 },
    maxWorkers: 2,
    testTimeout: BROWSER_TEST_MS,
    expect: { poll: { timeout: 30_000 } },
  },
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // CI's two cores stall now and then; the report at the end names each test that needed a second try
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', './tests/support/report.ts'],
    projects: testProjects.map(({ name, files }, index) => ({
      extends: true,
      test: {
        name,
        include: files,
        exclude: [
          '**/node_modules/**',
          'nuxt-app/{.nuxt,.output}/**',
          ...testProjects.slice(0, index).flatMap((heavier) => heavier.files),
        ],
        ...settings[name],
      },
    })),
  },
})
