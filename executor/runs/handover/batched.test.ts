import { expect, it } from 'vitest'
import { DatabaseAwayError, StaleClaimError } from '../../platform/errors.ts'
import { batched } from './batched.ts'

/** A server that answers when the test says so, and refuses 'stale' and whatever comes with it. */
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
    /** Answers what was asked, until nobody waits any more. */
    async answer() {
      for (await turn(); answers.length > 0; await turn()) answers.shift()!()
    },
  }
}

it('sends a single item alone, and at once', async () => {
  const { send, statements, answer, turn } = server()
  const one = send('one')
  await turn()
  expect(statements).toEqual([['one']])
  await answer()
  expect(await one).toBe('one!')
})

it('sends together what comes in one turn, or while two statements are under way', async () => {
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

it('gives a refusal to the item that it belongs to, and sends the others again', async () => {
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

it('sends nothing again by itself when the database is away: the answer may have got lost', async () => {
  const { send, statements, answer } = server()
  const results = Promise.allSettled([send('a'), send('away')])
  await answer()
  for (const result of await results) {
    expect(result).toMatchObject({ status: 'rejected', reason: expect.any(DatabaseAwayError) })
  }
  expect(statements).toHaveLength(1)
})
