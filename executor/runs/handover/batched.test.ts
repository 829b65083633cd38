import { expect, it } from 'vitest'
import { DatabaseAwayError, StaleClaimError } from '../../platform/errors.ts'
import { batched } from './batched.ts'

/** A server that answers when the test tells it to. It refuses 'stale' and the rest of its batch. */
function server() {
  const statements: string[][] = []
  const answers: (() => void)[] = []
  const send = batched((items: string[]) => {
    statements.push(items)
    return new Promise<string[]>((resolve, reject) => {
      answers.push(() => {
        if (items.includes('away')) reject(new DatabaseAwayError('gone'))
        else if (items.includes('stale')) reject(new StaleClaimError('stale'))
        else resolve(items.map((item) => `${item}!`))
      })
    })
  })
  const turn = () => new Promise(setImmediate)
  return {
    statements,
    send,
    turn,
    /** Answers until nobody waits any more. */
    async answer() {
      for (await turn(); answers.length > 0; await turn()) answers.shift()!()
    },
  }
}

it('sends a single item at once, alone', async () => {
  const { send, statements, answer, turn } = server()
  const one = send('one')
  await turn()
  expect(statements).toEqual([['one']])
  await answer()
  expect(await one).toBe('one!')
})

it('batches items that arrive in one turn, or while two statements are running', async () => {
  const { send, statements, answer, turn } = server()
  const results = [send('a'), send('b')]
  await turn()
  results.push(send('c'))
  await turn()
  results.push(send('d'), send('e'))
  await turn()
  results.push(send('f'))
  await turn()
  expect(statements).toEqual([['a', 'b'], ['c']])
  await answer()
  expect(statements.slice(2)).toEqual([['d', 'e', 'f']])
  expect(await Promise.all(results)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!', 'f!'])
})

it('rejects only the item that was refused, and sends the others again', async () => {
  const { send, statements, answer } = server()
  const results = Promise.allSettled([send('a'), send('stale'), send('c')])
  await answer()
  expect(await results).toMatchObject([
    { value: 'a!' },
    { status: 'rejected', reason: expect.any(StaleClaimError) },
    { value: 'c!' },
  ])
  expect(statements).toEqual([['a', 'stale', 'c'], ['a'], ['stale'], ['c']])
})

it('does not repeat a statement when the database is away, because only its answer may be lost', async () => {
  const { send, statements, answer } = server()
  const results = Promise.allSettled([send('a'), send('away')])
  await answer()
  for (const result of await results) {
    expect(result).toMatchObject({ status: 'rejected', reason: expect.any(DatabaseAwayError) })
  }
  expect(statements).toHaveLength(1)
})
