/** What is wrong with a field, in words for people. zod's own messages are for programmers. */
import type { z } from 'zod'

type Issue = z.core.$ZodIssue

const types: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'an object'],
  ['record', 'an object'],
])

const formats: ReadonlyMap<string, string> = new Map([
  ['email', 'a mail address'],
  ['url', 'a web address'],
  ['guid', 'an id'],
  ['uuid', 'an id'],
  ['datetime', 'a date and time'],
])

/** The end of a sentence that starts with the field. Messages of our own schemas are that already: "must not be blank". */
export function wordsOf(issue: Issue): string {
  if (/^\p{Ll}/u.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is missing'
        : `must be ${types.get(issue.expected) ?? issue.expected}`
    case 'too_small':
      return `must ${quantity('at least', issue.minimum, issue.origin)}`
    case 'too_big':
      return `must ${quantity('at most', issue.maximum, issue.origin)}`
    case 'invalid_format':
      return formats.has(issue.format) ? `must be ${formats.get(issue.format)}` : 'has a wrong format'
    case 'invalid_value':
      return `must be one of: ${issue.values.map(String).join(', ')}`
    case 'unrecognized_keys':
      return `has unknown fields: ${issue.keys.join(', ')}`
    default:
      return 'has a wrong value'
  }
}

function quantity(limit: string, amount: number | bigint, origin: string): string {
  if (origin === 'string') return `have ${limit} ${amount} characters`
  return origin === 'array' ? `have ${limit} ${amount} entries` : `be ${limit} ${amount}`
}
