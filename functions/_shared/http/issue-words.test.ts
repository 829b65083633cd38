/** Protects: people who fill in a form never read a message of zod. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { AllowedHost, DisplayName, HttpUrl } from '../../../contracts/api.ts'
import { wordsOf } from './issue-words.ts'

test.each<[string, z.ZodType, unknown, string]>([
  ['a missing field', z.string(), undefined, 'is missing'],
  ['another type', z.string(), 7, 'must be text'],
  ['a fraction', z.int(), 1.5, 'must be a whole number'],
  ['a short text', z.string().min(3), 'ab', 'must have at least 3 characters'],
  ['a long text', z.string().max(1), 'ab', 'must have at most 1 characters'],
  ['a large number', z.number().max(5), 9, 'must be at most 5'],
  ['a long list', z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 entries'],
  ['another word', z.enum(['skip', 'once']), 'never', 'must be one of: skip, once'],
  ['an unknown field', z.strictObject({}), { color: 'red' }, 'has unknown fields: color'],
  ['no mail address', z.email(), 'ada', 'must be a mail address'],
  ['no id', z.guid(), 'ada', 'must be an id'],
  ['text against a pattern', z.string().regex(/^a$/), 'b', 'has a wrong format'],
  ['none of several shapes', z.union([z.string(), z.array(z.string())]), 7, 'has a wrong value'],
  ['a blank name', DisplayName, '  ', 'must not be blank'],
  ['no web address', HttpUrl, 'ftp://example.com', 'must be a web address'],
  ['no host', AllowedHost, 'https://example.com', 'must be a host such as example.com or *.example.com'],
])('%s', (_, schema, value, words) => {
  expect(schema.safeParse(value).error?.issues.map(wordsOf)[0]).toBe(words)
})
