/** Protects: files that our documents link to or name exist. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { folders } from './import-rules.ts'

const root = join(import.meta.dirname, '..')
const isSkipped = (path: string) => /(^|\/)(node_modules|\.[^/]+|tools\.md)$/.test(path) // tools.md quotes examples of input
const pages = globSync('**/*.md', { cwd: root, exclude: isSkipped })
const rooms = [...new Set(['docs', '.ci', ...folders.map(({ folder }) => folder.split('/')[0]!)])]

/** Paths in backticks that begin with a room: `tests/sql/*.test.ts`. Paths with `<` or `…` are examples. */
const named = new RegExp(`\`((?:${rooms.join('|')})/[^\`\\s<…]*)\``, 'g')

test.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) => link!).filter((link) => !link.includes(':'))
  const isThere = (path: string) => [root, join(root, dirname(page))].some((cwd) => globSync(path, { cwd }).length > 0)
  const missing = [
    ...links.filter((link) => !existsSync(join(root, dirname(page), link))),
    ...[...text.matchAll(named)].map(([, path]) => path!).filter((path) => !isThere(path)),
  ]
  expect(missing).toEqual([])
})
