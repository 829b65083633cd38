import { expect, test } from 'vitest'
import { titleOf } from './title.ts'

test.each([
  [
    'issues.opened',
    { action: 'opened', repository: { name: 'shop' }, issue: { title: 'The door\n sticks' } },
    'issues.opened: The door sticks',
  ],
  ['order.paid', { type: 'order.paid', subject: ' Order 12 ', data: { title: 'x' } }, 'order.paid: Order 12'],
  ['webhook', { text: '', n: 3 }, 'webhook'],
  ['webhook', [{ title: 'x' }], 'webhook'],
  ['webhook', 'plain', 'webhook'],
  ['webhook', null, 'webhook'],
])('%s with %j is called "%s"', (event, payload, title) => expect(titleOf(event, payload)).toBe(title))

test('a title is one line of at most 200 characters', () => {
  expect(titleOf('e', { title: 'x'.repeat(500) })).toHaveLength(200)
  expect(titleOf('e', { title: `${'x'.repeat(196)}😀` })).toBe(`e: ${'x'.repeat(196)}�`)
})
