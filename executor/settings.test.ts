import { expect, it } from 'vitest'
import { readSettings } from './settings.ts'

const environment = {
  DATABASE_URL: 'postgresql://localhost/x',
  SUPABASE_URL: 'http://localhost',
  SUPABASE_SECRET_KEY: 'key',
  ENCRYPTION_KEY: 'AAAA',
}

it.each([
  ['', []],
  ['temperature', ['temperature']],
  [' temperature,schema.format\n null_content ', ['temperature', 'schema.format', 'null_content']],
])("reads what the server of the installation's own model refuses: %j", (list, leaveOut) => {
  expect(readSettings({ ...environment, OPENAI_LEAVE_OUT: list }).OPENAI_LEAVE_OUT).toEqual(leaveOut)
})

it('names an entry that cannot be left out', () => {
  const wrong = { ...environment, OPENAI_LEAVE_OUT: 'temperature messages' }
  expect(() => readSettings(wrong)).toThrow(/OPENAI_LEAVE_OUT: "messages" cannot be left out\. These can: max_tokens, /)
})
