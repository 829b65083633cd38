import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { type ErrorEntry, errors } from './errors.ts'

const root = join(import.meta.dirname, '..')

/** A sentence for people: no code in snake_case, a capital letter at the start, a full stop at the end. */
const SENTENCE = /^(?!.*\b[a-z]+_[a-z_]+\b)\p{Lu}.*\.$/u

async function schemas(): Promise<string> {
  const folder = join(root, 'supabase/schemas')
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.sql'))
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('\n')
}

test.each(Object.entries<ErrorEntry>(errors))('%s has words for people', (_, { meaning, action }) => {
  expect(meaning).toMatch(SENTENCE)
  expect(action).toMatch(/^\p{Lu}.*\.$/u)
})

test('every refusal of the database is in the list, with its status', async () => {
  const refusals = Array.from(
    (await schemas()).matchAll(/refuse\((\d{3}), '(\w+)'|'status', (\d{3}), 'code', '(\w+)'/g),
    ([, status, code, otherStatus, otherCode]) => [code ?? otherCode ?? '', Number(status ?? otherStatus)] as const,
  )
  expect(refusals.length).toBeGreaterThan(30)
  const listed: Record<string, ErrorEntry> = errors
  const unlisted = [...new Map(refusals)].filter(([code, status]) => listed[code]?.status !== status)
  expect(unlisted).toEqual([])
})

test('every refusal of the database is a sentence for people', async () => {
  const texts = Array.from(
    (await schemas()).matchAll(/refuse\(\d{3}, '\w+',\s+(?:format\()?'((?:[^']|'')+)'/g),
    ([, text = '']) => text,
  )
  expect(texts.length).toBeGreaterThan(40)
  // a few name a field of the API as it is called there
  const isForPeople = (text: string) => SENTENCE.test(text) || /^(lane|segment|next_at) must be /.test(text)
  expect(texts.filter((text) => !isForPeople(text))).toEqual([])
})

test('docs/problems.md says what the list says', async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts/problems-doc.ts'), '--check'])
})
