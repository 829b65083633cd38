import { expect, it } from 'vitest'
import { readAnswer } from './read-answer.ts'

const read = (...toolCalls: [id: string, name: string, text: string][]) =>
  readAnswer(
    { from: 'test/model', text: '', toolCalls: toolCalls.map(([id, name, text]) => ({ id, name, arguments: text })) },
    3,
  )

it('keeps valid calls unchanged', () => {
  const { message, calls, isMalformed } = read(['a', 'read_file', '{"path": "x"}'])
  expect(calls).toEqual([{ call_id: 'a', tool: 'read_file', arguments: { path: 'x' } }])
  expect(message).toEqual({
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'read_file', arguments: '{"path":"x"}' } }],
  })
  expect(isMalformed).toBe(false)
})

it.each([
  ['a fence', '```json\n{"path": "x"}\n```'],
  ['a comma too many', '{"path": "x",}'],
  ['JSON in a string', '"{\\"path\\": \\"x\\"}"'],
])('mends %s', (_, text) => {
  expect(read(['a', 'read_file', text]).calls).toEqual([{ call_id: 'a', tool: 'read_file', arguments: { path: 'x' } }])
})

it.each(['functions.read_file', 'default_api:read_file', 'tools/read_file', ' read_file '])(
  'finds the name in %s',
  (name) => {
    expect(read(['a', name, '{}']).calls[0]).toEqual({ call_id: 'a', tool: 'read_file', arguments: {} })
  },
)

it('refuses arguments that are nested too deeply', () => {
  const { calls, isMalformed } = read(['a', 'read_file', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`])
  expect(isMalformed).toBe(true)
  expect(calls[0]?.problem).toContain('not a valid JSON object')
})

it('keeps the provider’s own fields with the calls', () => {
  const toolCalls = [{ id: 'a', name: 'read_file', arguments: '{}', others: { extra_content: { sign: 's' } } }]
  const { message } = readAnswer({ from: 'p/m', text: '', toolCalls, others: { reasoning_content: 'hm' } }, 1)
  expect(message.own).toEqual({
    from: 'p/m',
    fields: { reasoning_content: 'hm' },
    calls: [{ extra_content: { sign: 's' } }],
  })
})

it('treats missing arguments as an empty object', () => {
  expect(read(['a', 'list_files', ' ']).calls[0]).toMatchObject({ arguments: {} })
})

it.each(['{"path": ', '[1]', '"text"', '7', 'null', 'path=x'])('turns the arguments %s into a problem', (text) => {
  const { calls, message, isMalformed } = read(['a', 'read_file', text])
  expect(isMalformed).toBe(true)
  expect(calls[0]?.problem).toContain('not a valid JSON object')
  const [call] = message.tool_calls ?? []
  expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ malformed: text })
})

it('ignores the last call of an answer that was cut off, even if it looks complete', () => {
  const toolCalls = ['{"path": "a"}', ''].map((text, n) => ({ id: `c${n}`, name: 'write_file', arguments: text }))
  const { calls, isMalformed } = readAnswer({ from: 'test/model', text: '', toolCalls, isCut: true }, 3)
  expect(isMalformed).toBe(true)
  expect(calls.map((call) => call.problem)).toEqual([undefined, expect.stringContaining('cut off')])
})

it('replaces names that providers would refuse', () => {
  const { calls } = read(['a', 'read file!', '{}'], ['b', '', '{}'], ['c', 'x'.repeat(65), '{}'])
  expect(calls.map((call) => call.tool)).toEqual(['unknown_tool', 'unknown_tool', 'unknown_tool'])
  expect(calls.every((call) => call.problem)).toBe(true)
})

it('gives each call a unique id', () => {
  const ids = read(['a', 'x', '{}'], ['a', 'x', '{}'], ['', 'x', '{}'], ['y'.repeat(101), 'x', '{}']).calls.map(
    (call) => call.call_id,
  )
  expect(ids).toEqual(['a', 'call_3_1', 'call_3_2', 'call_3_3'])
})
