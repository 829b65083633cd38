import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{contracts,executor,functions,nuxt-app/app,tools,scripts,supabase,tests}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'nuxt-app/.nuxt/**'],
    globalSetup: ['tests/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
