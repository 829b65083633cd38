import { expect, test } from 'vitest'
import { foldPlumbing, type Plumbing, plumbingText } from './plumbing.ts'
import type { TimelineEntry } from './timeline.ts'

const at = '2026-11-23T08:00:00Z'
const model = (seq: number, tools: string[], text = ''): TimelineEntry => ({
  kind: 'model',
  seq,
  at,
  durationMs: 10,
  data: {
    kind: 'model',
    llm_call_id: String(seq),
    model: 'm',
    text,
    tool_calls: tools.map((tool) => ({ call_id: tool, tool })),
    input_tokens: 1,
    output_tokens: 1,
    cost: '0',
  },
})
const lookup = (seq: number, tool: string): TimelineEntry => ({
  kind: 'lookup',
  seq,
  at,
  data: { kind: 'lookup', tool, arguments: {}, found: [] },
})
const kinds = (entries: TimelineEntry[]) => foldPlumbing(entries).map((row) => `${row.seq} ${row.kind}`)

test('neighbours that prepare the work are one row, which says what they did', () => {
  const entries = [model(1, ['tool_search', 'update_plan']), lookup(2, 'tool_search'), lookup(3, 'tool_describe')]
  const [row, ...rest] = foldPlumbing([...entries, model(4, ['generate_pdf'])])
  expect(row).toMatchObject({ kind: 'plumbing', seq: 1, entries })
  expect(rest.map(({ kind }) => kind)).toEqual(['model'])
  expect(plumbingText(row as Plumbing)).toBe('Looked for tools, updated the plan, and read about tools')
})

test('a row keeps its place while it grows', () => {
  expect(kinds([model(1, ['tool_search'])])).toEqual(['1 plumbing'])
  expect(kinds([model(1, ['tool_search']), lookup(2, 'tool_search')])).toEqual(['1 plumbing'])
})

test('what the model says, decides or asks stays in sight', () => {
  const entries = [
    model(1, ['tool_search'], 'I look for a tool.'),
    model(2, ['ask_human']),
    model(3, ['tool_search', 'generate_pdf']),
    model(4, []),
  ]
  expect(kinds(entries)).toEqual(['1 model', '2 model', '3 model', '4 model'])
})
