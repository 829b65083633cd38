import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decisionText, reasonText, runLook, toolTitle } from './words.ts'

test.each([
  [[], 'Thought'],
  [['tool_describe'], 'Decided to read about tools'],
  [['update_plan', 'tool_search', 'tool_search'], 'Decided to update the plan and look for tools'],
  [['update_plan', 'generate_pdf', 'read_file'], 'Decided to update the plan, use generate pdf and use read file'],
])('%j reads as %s', (tools, text) => expect(decisionText(tools)).toBe(text))

test('a run that waits for tools is at work, one that waits for a person needs somebody', () => {
  expect(runLook('waiting', 'tools').label).toBe('Working')
  expect(runLook('waiting', 'approval').label).toBe('Needs you')
  expect(runLook('completed', 'human').label).toBe('Done')
})

test('a reason that is not known is shown as it is', () =>
  expect(reasonText('never_heard_of')).toBe('Reason: never heard of.'))

test('every way in which a model fails has a sentence', () => {
  const file = new URL('../../../../executor/runs/model/model-error.ts', import.meta.url)
  const codes = [...new Set(readFileSync(file, 'utf8').match(/\bmodel_[a-z_]+/g))]
  expect(codes.length).toBeGreaterThan(10)
  expect(codes.filter((code) => reasonText(code).startsWith('Reason:'))).toEqual([])
})
test('names of tools become titles', () => expect(toolTitle('generate_pdf')).toBe('Generate pdf'))
