import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decisionText, reasonText, runLook, toolTitle } from './words.ts'

test.each([
  [[], 'Thought'],
  [['tool_describe'], 'Decided to read about tools'],
  [['update_plan', 'tool_search', 'tool_search'], 'Decided to update the plan and look for tools'],
  [['update_plan', 'generate_pdf', 'read_file'], 'Decided to update the plan, use Generate PDF and use Read file'],
])('%j reads as %s', (tools, text) => expect(decisionText(tools)).toBe(text))

test('a run that waits for tools is at work, one that waits for a person needs somebody', () => {
  expect(runLook('waiting', 'tools').label).toBe('Working')
  expect(runLook('waiting', 'approval').label).toBe('Needs you')
  expect(runLook('completed', 'human').label).toBe('Done')
})

test('a reason that is not known is shown as it is', () =>
  expect(reasonText('never_heard_of')).toBe('Reason: never heard of.'))

const root = new URL('../../../../', import.meta.url)
const codesIn = (file: string, pattern: RegExp) =>
  Array.from(readFileSync(new URL(file, root), 'utf8').matchAll(pattern), ([, code]) => code!)

test.each([
  ['executor/runs/model/model-error.ts', /\b(model_[a-z_]+)/g, 12],
  ['executor/runs/graph/nodes.ts', /RunFailure\(\s*'([a-z_]+)'/g, 2],
  ['executor/runs/settle-failure.ts', /code: '([a-z_]+)'/g, 1],
  ['supabase/schemas/money/caps.sql', /'(\w+_budget)'/g, 5],
  ['supabase/schemas/runs/segments.sql', /jsonb_build_object\('code', '([a-z_]+)'/g, 3],
  ['supabase/schemas/runs/leases.sql', /force_end\(r, '([a-z_]+)'/g, 1],
])('every reason in %s has a sentence', (file, pattern, least) => {
  const codes = [...new Set(codesIn(file, pattern))]
  expect(codes.length).toBeGreaterThanOrEqual(least)
  expect(codes.filter((code) => reasonText(code).startsWith('Reason:'))).toEqual([])
})
test('names of tools become titles', () => expect(toolTitle('generate_pdf')).toBe('Generate PDF'))
