import { expect, test } from 'vitest'
import { attachmentPaths } from './workspace.ts'

const paths = (...names: string[]) => attachmentPaths('r1', names).map((path) => path.replace(/^attachments\/r1\//, ''))

test('a run has a folder of its own', () => {
  expect(attachmentPaths('r1', ['a.csv'])).toEqual(['attachments/r1/a.csv'])
  expect(attachmentPaths('r2', ['a.csv'])).toEqual(['attachments/r2/a.csv'])
})

test('equal names get a number, also when that name is taken', () => {
  expect(paths('a.csv', 'a.csv', 'a.csv')).toEqual(['a.csv', 'a (2).csv', 'a (3).csv'])
  expect(paths('a (2).csv', 'a.csv', 'a.csv')).toEqual(['a (2).csv', 'a.csv', 'a (3).csv'])
  expect(paths('a/b', 'a_b', 'README', 'README')).toEqual(['a_b', 'a_b (2)', 'README', 'README (2)'])
})

test.each([
  ['../../etc/passwd', '__.._etc_passwd'],
  ['..', '_'],
  ['.bashrc', '_bashrc'],
  ['a\\b\0c\nd.txt', 'a_b_c_d.txt'],
  [' spaced .txt ', 'spaced .txt'],
  ['   ', '_'],
  ['evil\u202Etxt.exe', 'evil_txt.exe'],
  ['half \ud83d.txt', 'half _.txt'],
  ['👩‍👩‍👧 Größe.pdf', '👩‍👩‍👧 Größe.pdf'],
  ['cafe\u0301.md', 'café.md'],
])('%j becomes %j', (name, clean) => expect(paths(name)).toEqual([clean]))

test('a long name is cut between characters and keeps its extension', () => {
  expect(paths(`${'x'.repeat(300)}.xlsx`)).toEqual([`${'x'.repeat(195)}.xlsx`])
  for (const name of [`${'👩‍👩‍👧'.repeat(40)}.pdf`, '漢'.repeat(300), `a.${'b'.repeat(300)}`]) {
    const [one, two] = paths(name, name) as [string, string]
    expect(Buffer.byteLength(two)).toBeLessThanOrEqual(255)
    expect(two).not.toBe(one)
    expect(one.isWellFormed()).toBe(true)
  }
})
