import { expect, test } from 'vitest'
import { originLook, originOf, titleOf } from './origin.ts'

test.each([
  ['person', null, 'Person'],
  ['person', 'a-run', 'Repetition'],
  ['fork', 'a-run', 'Fork'],
  ['schedule', null, 'Schedule'],
  ['webhook', null, 'Webhook'],
  ['something new', null, 'something new'],
])('a run from %s with the parent %s is a %s', (source, parent_run_id, label) =>
  expect(originLook(originOf({ source, parent_run_id })).label).toBe(label),
)

test('a run is called by its title, else by its task', () => {
  expect(titleOf({ title: 'issues.opened: Door', input: 'A webhook started this work.' })).toBe('issues.opened: Door')
  expect(titleOf({ title: null, input: 'Make a deck.' })).toBe('Make a deck.')
})
