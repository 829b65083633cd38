/** Protects: docs/durability.md covers every crash point and every state, and names only functions and tests that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crashPoints } from '../../executor/engine/crash-points.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/durability.md'), 'utf8')
const diagram = /```mermaid\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
const schemas = join(root, 'supabase/schemas')
const sql = readdirSync(schemas, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sql'))
  .map((file) => readFileSync(join(schemas, file), 'utf8'))
  .join('\n')

const rows = [...page.matchAll(/^\| `([a-z_.]+)` \| .+ \| .+ \| (.+) \|$/gm)]

test('the crash matrix has a row for each crash point, in order', () => {
  expect(rows.map(([, point]) => point)).toEqual(crashPoints)
})

test('the test files that the page names exist', () => {
  const files = rows.flatMap(([, , tests]) => [...(tests ?? '').matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file!))
  expect(files.length).toBeGreaterThanOrEqual(rows.length)
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
})

test.each(['run_status', 'tool_run_status'])('the diagram shows every value of %s', (domain) => {
  const definition = new RegExp(
    `create domain platform\\.${domain} as text\\s+check \\(\\s*value in \\(([^)]+)\\)`,
  ).exec(sql)
  const states = [...(definition?.[1] ?? '').matchAll(/'(\w+)'/g)].map(([, state]) => state!)
  expect(states.length).toBeGreaterThan(5)
  expect(states.filter((state) => !new RegExp(`\\b${state}\\b`).test(diagram))).toEqual([])
})

test('the functions on the arrows of its diagram exist', () => {
  const labels = [...diagram.matchAll(/-->.*?: (.+)$/gm)].map(([, label]) => label!)
  const names = labels.flatMap((label) => [...label.matchAll(/[a-z]+_[a-z]+(?:_[a-z]+)*/g)].map(([name]) => name))
  const unknown = new Set(
    names.filter((name) => !new RegExp(`create function (platform|public)\\.${name}\\(`).test(sql)),
  )
  unknown.delete('do_again')
  unknown.delete('give_up')
  expect([...unknown]).toEqual([])
})
