import { once } from 'node:events'
import { expect, test } from 'vitest'
import './lite-warnings.ts'

test('a warning that is an Error does not fail the code that gives it', async () => {
  const given = once(process, 'warning')
  process.emitWarning(new Error('too many of them'))
  expect(await given).toEqual([expect.objectContaining({ message: 'too many of them' })])
})
