import { expect, test } from 'vitest'
import { comparableArguments, conditionText, unwatchedAddresses, valueFrom, valueText } from './conditions.ts'

test('domains are a list, with or without an @; other values are one text', () => {
  expect(valueFrom(' acme.test, @globex.test ', 'domain_in')).toEqual(['acme.test', 'globex.test'])
  expect(valueFrom('Smith, John', 'equals')).toBe('Smith, John')
  expect(valueText(['acme.test', 'globex.test'])).toBe('acme.test, globex.test')
})

test('a condition is a sentence', () =>
  expect(conditionText({ argument: 'to', operator: 'domain_not_in', value: ['acme.test'], policy: 'ask' })).toBe(
    'Ask first when to has an address outside acme.test',
  ))

test('texts, numbers and lists of them can be looked at, objects cannot; what every call has comes first', () => {
  const found = comparableArguments({
    required: ['to', 'slides'],
    properties: {
      mode: { enum: ['create'] },
      count: { type: 'integer' },
      to: { type: 'array', items: { type: 'string', format: 'email' } },
      slides: { type: 'array', items: { type: 'object' } },
      options: { type: 'object' },
    },
  })
  expect(found.map(({ name }) => name)).toEqual(['recipients', 'to', 'mode', 'count'])
  expect(found.filter(({ takesAddresses }) => takesAddresses).map(({ name }) => name)).toEqual(['recipients', 'to'])
})

test('a condition on those it is written to leaves the copies open, one on all recipients nothing', () => {
  const args = ['recipients', 'to', 'cc', 'subject'].map((name) => ({ name, takesAddresses: name !== 'subject' }))
  const onTo = { argument: 'to', operator: 'domain_not_in' as const, value: ['acme.test'] }
  expect(unwatchedAddresses(args, [])).toEqual([])
  expect(unwatchedAddresses(args, [onTo])).toEqual(['cc'])
  expect(unwatchedAddresses(args, [onTo, { ...onTo, argument: 'cc' }])).toEqual([])
  expect(unwatchedAddresses(args, [{ ...onTo, argument: 'recipients' }])).toEqual([])
})
