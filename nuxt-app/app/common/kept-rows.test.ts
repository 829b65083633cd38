import { expect, test } from 'vitest'
import { type KeptRows, noRows, readKept } from './kept-rows.ts'

test('a list that cannot be read anew stays, with the error beside it', async () => {
  const held: KeptRows<string> = { rows: ['first', 'second'], error: null }
  const lost = new Error('The network is gone.')
  expect(
    await readKept(
      () => Promise.reject(lost),
      () => held,
    ),
  ).toEqual({ rows: ['first', 'second'], error: lost })
})

test('the rows that stay are those held when the read fails, not when it began', async () => {
  let held: KeptRows<string> = { rows: ['old'], error: null }
  const reading = readKept(
    async () => {
      held = { rows: ['new'], error: null }
      throw new Error('late')
    },
    () => held,
  )
  expect((await reading).rows).toEqual(['new'])
})

test('the next read that works takes the error away', async () => {
  const failed = await readKept<string>(() => Promise.reject(new Error('gone')), noRows)
  expect(failed.error).toBeInstanceOf(Error)
  expect(
    await readKept(
      async () => ['back'],
      () => failed,
    ),
  ).toEqual({ rows: ['back'], error: null })
})
