import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { judge, type Rules } from './judge.ts'
import { nuxtImports } from './nuxt-imports.ts'
import { readImports, sourceFiles } from './read-imports.ts'

const rules: Rules = {
  folders: [
    { folder: 'contracts', what: '', may: [] },
    { folder: 'web/app', what: '', may: ['contracts'] },
    { folder: 'web/app/features/*', what: '', may: ['contracts', 'web/app/common'] },
    { folder: 'web/app/common', what: '', may: [] },
    { folder: 'web/app/pages', what: '', may: ['web/app'] },
  ],
  testCode: ['**/*.test.ts', 'tests/**'],
}

const good = {
  'contracts/runs.ts': 'export type Run = { id: string }',
  'web/app/main.ts': "import type { Run } from '#contracts/runs'\nexport const first = (runs: Run[]) => runs[0]",
  'web/app/main.test.ts': "import '../../tests/support.ts'\nimport { first } from './main.ts'\nfirst([])",
  'web/app/common/Label.vue': '<template><b>text</b></template>',
  'web/app/common/composables/useRuns.ts': 'export function useRuns() {}',
  'web/app/features/runs/RunList.vue': [
    '<script setup lang="ts">',
    "import type { Run } from '@house/contracts/runs.ts'",
    'defineProps<{ runs: Run[] }>()',
    'useRuns()',
    '</script>',
    '<template><Label v-if="runs" /></template>',
  ].join('\n'),
  'web/app/features/mail/MailList.vue': '<template><p>mails</p></template>',
  'web/app/pages/index.vue': '<template><RunList :runs="[]" /><mail-list /></template>',
  'tests/support.ts': "import '../contracts/runs.ts'",
  'node_modules/other/index.ts': "import '../../nowhere.ts'",
}

/** Writes the good tree with these changes into a temporary folder, and returns its faults. */
async function faultsOf(changes: Record<string, string>): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'imports-'))
  try {
    for (const [path, text] of Object.entries({ ...good, ...changes })) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
    const files = sourceFiles(root)
    const aliases = { '#contracts': 'contracts', '@house/contracts': 'contracts', '~': 'web/app' }
    return judge(files, [...readImports(root, files, aliases), ...nuxtImports(root, files, 'web/app')], rules)
  } finally {
    await rm(root, { recursive: true })
  }
}

test('a good tree has no faults', async () => {
  expect(await faultsOf({})).toEqual([])
})

test('an import that no rule allows is named with file, line and rule', async () => {
  const faults = await faultsOf({ 'contracts/more.ts': "\nimport { first } from '../web/app/main.ts'\nfirst([])" })
  expect(faults).toEqual([
    'contracts/more.ts:2 imports web/app/main.ts, but contracts/ may only import its own files. ' +
      'Pass it in, or move the shape to contracts/.',
  ])
})

test.each([
  ['import type', "import type { first } from '../web/app/main.ts'"],
  ['export from', "export * from '../web/app/main.ts'"],
  ['import()', "export const later = () => import('../web/app/main.ts')"],
  ['typeof import()', "export type First = typeof import('../web/app/main.ts')"],
  ['an alias', "import '~/main'"],
])('%s counts as an import', async (_, statement) => {
  expect(await faultsOf({ 'contracts/more.ts': statement })).toHaveLength(1)
})

test('imports in .vue files have the line of the file', async () => {
  const faults = await faultsOf({
    'web/app/features/mail/MailList.vue':
      '<template><p>mails</p></template>\n<script setup lang="ts">\nimport RunList from \'~/features/runs/RunList.vue\'\n</script>',
  })
  expect(faults).toHaveLength(1)
  expect(faults[0]).toMatch(/^web\/app\/features\/mail\/MailList\.vue:3 imports web\/app\/features\/runs\/RunList\.vue/)
})

test('components and composables that Nuxt imports by itself count as imports', async () => {
  const faults = await faultsOf({
    'web/app/features/mail/MailList.vue':
      '<script setup lang="ts">\nuseSecrets()\n</script>\n<template>\n  <div v-if="true"><RunList /></div>\n</template>',
    'web/app/features/runs/composables/useSecrets.ts': 'export const useSecrets = () => 1',
  })
  expect(faults.map((fault) => fault.split(', ')[0])).toEqual([
    'web/app/features/mail/MailList.vue:5 imports web/app/features/runs/RunList.vue',
    'web/app/features/mail/MailList.vue:2 imports web/app/features/runs/composables/useSecrets.ts',
  ])
})

test('a circle of files is found, also by type imports, and its shortest path is named', async () => {
  const faults = await faultsOf({
    'contracts/a.ts': "import type { B } from './b.ts'\nexport type A = B",
    'contracts/b.ts': "import type { C } from './c.ts'\nimport type { D } from './d.ts'\nexport type B = C | D",
    'contracts/c.ts': "import type { A } from './a.ts'\nexport type C = A",
    'contracts/d.ts': "import type { B } from './b.ts'\nexport type D = B",
  })
  expect(faults).toEqual([
    'contracts/b.ts -> contracts/d.ts -> contracts/b.ts is a circle of imports. ' +
      'Move what these files share into a file that imports none of them.',
  ])
})

test('product code may not import test code', async () => {
  const faults = await faultsOf({ 'web/app/more.ts': "import '../../tests/support.ts'\nimport './main.test.ts'" })
  expect(faults).toEqual([
    expect.stringContaining('web/app/more.ts:1 imports tests/support.ts: only test code may import test code'),
    expect.stringContaining('web/app/more.ts:2 imports web/app/main.test.ts: only test code may import test code'),
  ])
})

test('code that may import a folder may still not import the test code in it', async () => {
  const pages = "<script setup lang='ts'>\nimport '../main.test.ts'\n</script>\n<template><p>one</p></template>"
  expect(await faultsOf({ 'web/app/pages/index.vue': pages })).toHaveLength(1)
})

test('a path without a file, a file without a rule and a rule without files are faults', async () => {
  const faults = await faultsOf({ 'web/app/more.ts': "import './gone.ts'", 'attic/old.ts': '' })
  expect(faults).toEqual([
    expect.stringContaining('attic/old.ts is in no folder'),
    expect.stringContaining('web/app/more.ts:1 imports ./gone.ts, but there is no such file'),
  ])
  const unused = { folder: 'cellar', what: '', may: [] }
  expect(judge([], [], { folders: [unused], testCode: [] })).toEqual([expect.stringContaining('cellar/ has no files')])
})
