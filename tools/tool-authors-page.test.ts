/** Protects: the complete example in docs/tool-authors.md works as it is written there. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ToolDefinition } from '../contracts/tool.ts'
import { withToolBench } from './testing/harness.ts'

const root = join(import.meta.dirname, '..')
const page = await readFile(join(root, 'docs/tool-authors.md'), 'utf8')
const [, name, folder] = /^`(\S+\.ts)`, in `(tools\/\S+)`:$/m.exec(page)!
const file = join(folder!, name!)
const code = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text!)
const example = code.find((text) => text.includes('defineTool({'))!

let copy: string
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'tool-authors-'))
  await mkdir(dirname(join(copy, file)), { recursive: true })
  for (const path of ['contracts', 'tools/kit', 'node_modules']) await symlink(join(root, path), join(copy, path))
  await writeFile(join(copy, file), example)
})
afterAll(() => rm(copy, { recursive: true, force: true }))

test('the example counts the words of a file', async () => {
  const { countWords }: { countWords: ToolDefinition } = await import(join(copy, file))
  await withToolBench(async ({ run, workspace }) => {
    await writeFile(join(workspace, 'draft.md'), 'two words')
    expect((await run(countWords, { path: 'draft.md' })).output).toEqual({ words: 2, characters: 9 })
    await expect(run(countWords, { path: '../x' })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

test('every relative import on the page leads to a file', () => {
  const folderOf = (text: string) => (text.startsWith('count_words:') ? 'tools' : dirname(file))
  const paths = code.flatMap((text) =>
    [...text.matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, path]) => join(folderOf(text), path!)),
  )
  expect(paths.length).toBeGreaterThan(4)
  expect(paths.filter((path) => path !== file && !existsSync(join(root, path)))).toEqual([])
})
