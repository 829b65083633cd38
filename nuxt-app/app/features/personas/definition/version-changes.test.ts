import { expect, test } from 'vitest'
import { instructionDiff, otherChanges } from './version-changes.ts'

test('changed lines are marked, long stretches that stay are cut', () => {
  const before = ['one', 'two', 'three', 'four', 'five', 'six', 'old'].join('\n')
  const after = ['one', 'two', 'three', 'four', 'five', 'six', 'new'].join('\n')
  expect(instructionDiff(before, after).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'same one',
    'same two',
    'same …',
    'same five',
    'same six',
    'removed old',
    'added new',
  ])
})

test('other changes are named; the order of fields is none', () => {
  const version = {
    instructions: '',
    model: { primary: 'a', fallbacks: [] },
    limits: { x: 1, y: 2 },
    allowed_hosts: [],
    agent_id: 'worker',
  }
  expect(otherChanges(version, { ...version, limits: { y: 2, x: 1 } })).toEqual([])
  expect(
    otherChanges(version, { ...version, model: { primary: 'b', fallbacks: [] }, allowed_hosts: ['example.com'] }),
  ).toEqual(['Model', 'Allowed hosts'])
})
