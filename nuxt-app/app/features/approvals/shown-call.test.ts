import { expect, test } from 'vitest'
import { shownCall } from './shown-call.ts'

test('an argument that no view knows stands beside it', () => {
  const mail = { to: ['a@b.test'], subject: 'Hi', body: 'Hello' }
  expect(shownCall('send_email', { ...mail, bcc: ['eve@b.test'] }).rest).toEqual({ bcc: ['eve@b.test'] })
})

test.each([
  ['arguments of another shape', 'send_email', { to: 'a@b.test', subject: 'Hi', body: 'Hello' }],
  ['a tool that is not known', 'constructor', { to: ['a@b.test'] }],
])('%s are shown as they are', (_, tool, args) => expect(shownCall(tool, args)).toEqual({ view: null, rest: args }))
