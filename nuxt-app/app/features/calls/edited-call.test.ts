import { expect, test } from 'vitest'
import { CallView } from '../../../../contracts/tool-view.ts'
import { callForm, readCall } from './edited-call.ts'

const view = CallView.parse({
  question: 'Send this mail to {to}?',
  summary: '{subject}',
  frame: 'mail',
  fields: [
    { name: 'to', label: 'To', kind: 'addresses', isEditable: true },
    { name: 'cc', label: 'Cc', kind: 'addresses', isEditable: true },
    { name: 'subject', label: 'Subject', kind: 'line', isEditable: true },
    { name: 'body', label: 'Text', kind: 'text', isEditable: true },
  ],
})
const mail = {
  to: ['ada@acme.test', 'bob@acme.test'],
  cc: ['cy@acme.test'],
  subject: 'Lunch',
  body: 'At noon?\n',
  priority: 'high',
}
const edit = (changes: Record<string, string>) =>
  readCall({ view, args: mail, required: ['to', 'subject', 'body'] }, { ...callForm(view, mail), ...changes })

test('what is not edited stays the same', () => expect(edit({}).edited).toEqual(mail))
test('without a copy there is none', () => expect(edit({ cc: ' ' }).edited).not.toHaveProperty('cc'))
test.each([
  ['to', ' , '],
  ['to', 'ada'],
  ['cc', 'Bob <bob@acme.test>'],
  ['subject', ' '],
  ['body', ''],
])('%s: “%s” is told', (field, text) => {
  const read = edit({ [field]: text })
  expect(Object.keys(read.problems)).toEqual([field])
  expect(read.edited).toBeUndefined()
})

test('a list is edited line by line', () => {
  const files = CallView.parse({
    question: 'Hand over?',
    summary: 'Files',
    fields: [{ name: 'files', label: 'Files', kind: 'list', isEditable: true }],
  })
  const args = { files: ['a b.txt', 'c.txt'] }
  expect(callForm(files, args)).toEqual({ files: 'a b.txt\nc.txt' })
  expect(readCall({ view: files, args, required: [] }, { files: 'd.txt\n\n' }).edited).toEqual({ files: ['d.txt'] })
})

test('a call that the view does not fit has no form', () => expect(callForm(view, { ...mail, to: 'ada' })).toBeNull())
