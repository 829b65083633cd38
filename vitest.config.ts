import { defineConfig } from 'vitest/config'

const everywhere = ['**/node_modules/**', 'nuxt-app/.nuxt/**']

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // CI's two cores stall now and then; what needed its second try is marked so in the output
    retry: process.env.CI ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: [
            '{contracts,demo-model,executor,functions,nuxt-app/app,sdk,tools,scripts,supabase,tests}/**/*.test.ts',
          ],
          exclude: [...everywhere, 'tests/browser/**'],
          globalSetup: ['tests/support/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          exclude: everywhere,
          // one product and one browser for all files; after the others, which the two would slow down
          globalSetup: ['tests/browser/support/global-setup.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          testTimeout: 240_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
    ],
  },
})
