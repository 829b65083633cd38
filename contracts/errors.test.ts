import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { type ErrorEntry, errors } from './errors.ts'

const root = join(import.meta.dirname, '..')

test('every refusal of the database is in the list, with its status', async () => {
  const folder = join(root, 'supabase/schemas')
  const scripts = await Promise.all(
    (await readdir(folder, { recursive: true }))
      .filter((file) => file.endsWith('.sql'))
      .map((file) => readFile(join(folder, file), 'utf8')),
  )
  const refusals = Array.from(
    scripts.join('\n').matchAll(/refuse\((\d{3}), '(\w+)'|'status', (\d{3}), 'code', '(\w+)'/g),
    ([, status, code, otherStatus, otherCode]) => [code ?? otherCode ?? '', Number(status ?? otherStatus)] as const,
  )
  expect(refusals.length).toBeGreaterThan(30)
  const listed: Record<string, ErrorEntry> = errors
  const unlisted = [...new Map(refusals)].filter(([code, status]) => listed[code]?.status !== status)
  expect(unlisted).toEqual([])
})

test('docs/problems.md says what the list says', async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts/problems-doc.ts'), '--check'])
})
