import { expect, test } from 'vitest'
import { MAX_ATTACHMENT_NAME, MAX_ATTACHMENTS } from '#contracts/api'
import { MAX_FILE_BYTES } from '#contracts/tool'
import { admit } from './attachments.ts'

const file = (name: string, size = 1) => ({ name, size })

test('files within the limits are attached beside those before, in order, also two of one name', () => {
  const largest = file('b'.repeat(MAX_ATTACHMENT_NAME), MAX_FILE_BYTES)
  expect(admit([file('a.csv')], [largest, file('a.csv')])).toEqual({
    files: [file('a.csv'), largest, file('a.csv')],
    problems: [],
  })
})

test('a file that is too large is left out by name, and the others are attached', () => {
  const { files, problems } = admit([], [file('holiday.mov', MAX_FILE_BYTES + 1), file('notes.txt')])
  expect(files).toEqual([file('notes.txt')])
  expect(problems).toEqual(['holiday.mov is too large (52.4 MB). A file may have at most 50 MB.'])
})

test('each file beyond the number that a run takes is left out by name', () => {
  const attached = Array.from({ length: MAX_ATTACHMENTS - 1 }, (_, index) => file(`${index}.txt`))
  const { files, problems } = admit(attached, [file('last.txt'), file('beyond.txt'), file('further.txt')])
  expect(files).toEqual([...attached, file('last.txt')])
  expect(problems).toEqual([
    'beyond.txt is one too many. A run takes at most 20 files.',
    'further.txt is one too many. A run takes at most 20 files.',
  ])
})

test('a name that the server would refuse is told', () => {
  const { files, problems } = admit([], [file('x'.repeat(MAX_ATTACHMENT_NAME + 1)), file('\ud800.txt')])
  expect(files).toEqual([])
  expect(problems).toEqual([
    expect.stringMatching(/^x{40}… has too long a name\. Rename it to at most 300 characters\.$/),
    expect.stringContaining('has a name that cannot be stored'),
  ])
})
