/** Protects: a compacted conversation keeps what the model must have, stays valid for servers, and is as short as asked. */
import { describe, expect, it } from 'vitest'
import type { Message } from '../model/model-client.ts'
import { bytesOf, type Context, compact, noSummary, withSummary } from './compact.ts'

const person = (content: string): Message => ({ role: 'user', content })
const answer = (content: string): Message => ({ role: 'assistant', content })
const called = (id: string, args = '{}'): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'read_file', arguments: args } }],
})
const result = (tool_call_id: string, content: string): Message => ({ role: 'tool', tool_call_id, content })
const context = (...messages: Message[]): Context => ({ summary: noSummary, messages })
const long = 'long '.repeat(1_000)

/** Every result follows the answer that called for it, and every call has its result. */
function expectWhole(messages: Message[]) {
  const open = new Set<string>()
  for (const message of messages) {
    if (message.role === 'tool') expect(open.delete(message.tool_call_id)).toBe(true)
    else expect([...open]).toEqual([])
    if (message.role === 'assistant') for (const call of message.tool_calls ?? []) open.add(call.id)
  }
}

describe('compact', () => {
  it('first cuts long results, oldest first, and keeps the last turn whole', () => {
    const before = context(person('Read both.'), called('a'), result('a', long), called('b'), result('b', long))
    const after = compact(before, bytesOf(before) - 3_000)!
    expect(after.messages).toHaveLength(5)
    expect(after.messages[2]!.content).toMatch(/more characters do not fit here\. Read them with read_earlier\.\]$/)
    expect(after.messages[4]!.content).toBe(long)
    expect(after.summary).toEqual(noSummary)
  })

  it('then puts old turns into a summary, but never the request or the last turn', () => {
    const turns = Array.from({ length: 50 }, (_, n) => [
      person(`Question ${n}`),
      answer(`Answer ${n}: ${'x'.repeat(100)}`),
    ])
    const before = context(...turns.flat(), person('And now?'), called('a'), result('a', 'found'))
    const after = compact(before, 4_000)!
    expect(bytesOf(after)).toBeLessThanOrEqual(4_000)
    expect(after.messages.slice(-3)).toEqual(before.messages.slice(-3))
    expect(after.summary.lines.some((line) => line.startsWith('You: Answer'))).toBe(true)
    expect(after.summary.leftOut + after.summary.lines.length + after.messages.length).toBe(before.messages.length)
    expectWhole(withSummary(after))
  })

  it('keeps the request of a run with many calls, and goes on from its own summary', () => {
    const rounds = Array.from({ length: 80 }, (_, n) => [
      called(`c${n}`),
      result(`c${n}`, `Result ${n} ${'y'.repeat(80)}`),
    ])
    let now: Context = context(person('Do it all.'), ...rounds.flat())
    for (let time = 0; time < 5; time++) {
      now = compact(now, 5_000)!
      expect(bytesOf(now)).toBeLessThanOrEqual(5_000)
      expectWhole(withSummary(now))
      expect(now.messages[0]).toEqual(person('Do it all.'))
      now = { ...now, messages: [...now.messages, ...rounds.flat()] }
    }
    expect(compact(now, 5_000)!.summary.leftOut).toBeGreaterThan(100)
  })

  it('cuts the request itself and the last turn when they alone are too long', () => {
    const after = compact(context(person(long), called('a'), result('a', long)), 3_000)!
    expect(String(after.messages[0]!.content).length).toBeLessThan(2_200)
    expect(String(after.messages[2]!.content).length).toBeLessThan(2_200)
  })

  it('says when nothing can be made shorter', () => {
    expect(compact(context(person('Hi.')), 10)).toBeUndefined()
  })
})

it('a summary stands in the first message of the person, so that no two of theirs follow each other', () => {
  const summary = { lines: ['Person: Hello'], leftOut: 3 }
  const [first, ...others] = withSummary({ summary, messages: [person('Go on.'), answer('Yes.')] })
  expect(first!.content).toMatch(/^\[Summary[\s\S]*3 older entries[\s\S]*Person: Hello[\s\S]*\]\n\nGo on\.$/)
  expect(others).toEqual([answer('Yes.')])
  const roles = withSummary({ summary, messages: [answer('Yes.'), person('Go on.')] }).map(({ role }) => role)
  expect(roles).toEqual(['user', 'assistant', 'user'])
})
