import { expect, test } from 'vitest'
import { CallView } from '../../../../contracts/tool-view.ts'
import { shownCall } from './shown-call.ts'

const mailView = CallView.parse({
  question: 'Send this mail to {to}?',
  summary: '{subject}',
  frame: 'mail',
  fields: [
    { name: 'to', label: 'To', kind: 'addresses' },
    { name: 'cc', label: 'Cc', kind: 'addresses' },
    { name: 'subject', label: 'Subject', kind: 'line' },
    { name: 'body', label: 'Text', kind: 'text' },
  ],
})
const mail = { to: ['a@b.test'], subject: 'Hi', body: 'Hello' }

test('fields stand in the order of the view, without those that the call leaves out', () => {
  const { frame, fields, rest } = shownCall(mailView, mail)
  expect(frame).toBe('mail')
  expect(fields.map(({ label, value }) => [label, value])).toEqual([
    ['To', ['a@b.test']],
    ['Subject', 'Hi'],
    ['Text', 'Hello'],
  ])
  expect(rest).toBeNull()
})

test('an argument that no view knows stands beside it', () =>
  expect(shownCall(mailView, { ...mail, bcc: ['eve@b.test'] }).rest).toEqual({ bcc: ['eve@b.test'] }))

test.each([
  ['arguments of another shape', mailView, { to: 'a@b.test', subject: 'Hi', body: 'Hello' }],
  ['a tool without a view', null, { to: ['a@b.test'] }],
  ['arguments that are no object', mailView, ['a@b.test']],
])('%s are shown as they are', (_, view, args) =>
  expect(shownCall(view, args)).toEqual({ frame: null, fields: [], rest: args }),
)
