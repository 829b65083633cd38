import { expect, test } from 'vitest'
import { fixables, shown } from './always.ts'

const mail = { to: ['boss@acme.test'], cc: ['ada@acme.test'], bcc: null, subject: 'Report', body: 'All is well.' }

test('a mail is fixed by its recipients, all of them, and by more only on wish', () => {
  expect(fixables(mail)).toEqual([
    { name: 'recipients', label: 'Recipients', value: 'boss@acme.test, ada@acme.test', isFixed: true },
    { name: 'subject', label: 'Subject', value: 'Report', isFixed: false },
    { name: 'body', label: 'Body', value: 'All is well.', isFixed: false },
  ])
})

test('any other call is fixed by every value', () => {
  expect(fixables({ path: 'a.txt', max_rows: 3, rows: [{ a: 1 }] })).toEqual([
    { name: 'path', label: 'Path', value: 'a.txt', isFixed: true },
    { name: 'max_rows', label: 'Max rows', value: '3', isFixed: true },
    { name: 'rows', label: 'Rows', value: '{"a":1}', isFixed: true },
  ])
})

test.each([null, 'x', [1], {}])('%j has nothing to fix', (args) => expect(fixables(args)).toEqual([]))

test('a long value is cut, and stands on one line', () => {
  expect(shown(`a\nb${'x'.repeat(300)}`)).toMatch(/^a bx{157}…$/)
})
