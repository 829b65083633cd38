import { expect, test } from 'vitest'
import { mailForm, readMail } from './edited-mail.ts'

const mail = { to: ['ada@acme.test', 'bob@acme.test'], cc: ['cy@acme.test'], subject: 'Lunch', body: 'At noon?\n' }

test('what is not edited stays the same', () => expect(readMail(mailForm(mail)).mail).toEqual(mail))
test('without a copy there is none', () =>
  expect(readMail({ ...mailForm(mail), cc: ' ' }).mail).not.toHaveProperty('cc'))
test.each([
  ['to', ' , '],
  ['to', 'ada'],
  ['cc', 'Bob <bob@acme.test>'],
  ['subject', ' '],
  ['body', ''],
])('%s: “%s” is told', (field, text) => {
  const read = readMail({ ...mailForm(mail), [field]: text })
  expect(Object.keys(read.problems)).toEqual([field])
  expect(read.mail).toBeUndefined()
})
