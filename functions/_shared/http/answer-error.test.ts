/** Protects: whatever code the API refuses with, the SDK has a sentence for people, which the web app shows. */
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type ErrorCode, errors } from '../../../contracts/errors.ts'
import { apiClient } from '../../../sdk/api/client.ts'
import { Failure, messageOf } from '../../../sdk/failure.ts'
import { ask } from '../data/database.ts'
import { Problem } from '../problem.ts'
import { answerError } from './answer-error.ts'
import type { AppEnv } from './context.ts'

/** What the caller of the SDK gets when a route of the API throws. */
async function failureAfter(work: () => unknown): Promise<Failure> {
  const app = new Hono<AppEnv>()
  app.onError(answerError(() => {}))
  app.all('*', async (c) => c.json(await work()))
  const api = apiClient({
    url: 'http://platform.test',
    publishableKey: 'key',
    accessToken: async () => null,
    fetch: async (input, init) => app.request(String(input), init),
  })
  const error = await api.send('GET', '/', z.unknown()).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

const codes = Object.keys(errors) as ErrorCode[]

test.each(codes)('people read the meaning of %s', async (code) => {
  const failure = await failureAfter(() => {
    throw new Problem(code)
  })
  expect(failure).toMatchObject({ code, status: errors[code].status })
  expect(messageOf(failure)).toBe(errors[code].meaning)
})

test.each(codes)('people read the words of the database for %s', async (code) => {
  const message = 'The database says why.'
  const refusal = { code: `PT${errors[code].status}`, message, hint: code }
  const answer = Promise.resolve({ data: null, error: refusal, status: errors[code].status })
  const failure = await failureAfter(() => ask(answer))
  expect(failure).toMatchObject({ code, message })
})

test('a refusal with a code that is not in the list is an internal error', async () => {
  const refusal = { code: 'PT409', message: 'Not in the list.', hint: 'never_heard_of' }
  const failure = await failureAfter(() => ask(Promise.resolve({ data: null, error: refusal, status: 409 })))
  expect(failure).toMatchObject({ code: 'internal', message: errors.internal.meaning })
})
