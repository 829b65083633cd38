import { expect, it } from 'vitest'
import { call, toJson } from './call.ts'
import { DatabaseAwayError, RefusedError, StaleClaimError } from './errors.ts'

const failing = (error: object) => () => Promise.reject(Object.assign(new Error('said so'), error))

it.each([
  [{ code: 'PP001' }, StaleClaimError],
  [{ code: 'PT409', hint: 'run_finished' }, RefusedError],
  [{ code: 'ECONNREFUSED' }, DatabaseAwayError],
  [{ code: '57P01' }, DatabaseAwayError],
  [{ code: '08006' }, DatabaseAwayError],
  [{ code: '40P01' }, DatabaseAwayError],
  [{ message: 'Connection terminated unexpectedly' }, DatabaseAwayError],
])('%j becomes %o', async (error, kind) => {
  await expect(call(failing(error), 'select', [])).rejects.toBeInstanceOf(kind)
})

it('carries the status and the code of a refusal', async () => {
  await expect(call(failing({ code: 'PT409', hint: 'run_finished' }), 'select', [])).rejects.toMatchObject({
    status: 409,
    code: 'run_finished',
    message: 'said so',
  })
})

it('leaves other errors as they are', async () => {
  await expect(call(failing({ code: '23505' }), 'select', [])).rejects.toMatchObject({ code: '23505' })
})

it.each([
  ['nul \u0000 here', 'nul \ufffd here'],
  ['half \ud83d of a pair', 'half \ufffd of a pair'],
  ['other half \ude00', 'other half \ufffd'],
  ['whole \ud83d\ude00', 'whole \ud83d\ude00'],
  ['a backslash \\u0000 as text', 'a backslash \\u0000 as text'],
  ['two \\\\u0000 of them', 'two \\\\u0000 of them'],
  ['a bell \u0007', 'a bell \u0007'],
])('makes JSON of %j that jsonb accepts', (text, kept) => {
  expect(JSON.parse(toJson({ [text]: [text] }))).toEqual({ [kept]: [kept] })
})
