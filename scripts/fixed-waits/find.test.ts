/** Protects: every way to wait for a fixed time is found, and a wait for a condition is not. */
import { expect, test } from 'vitest'
import { fixedWaits } from './find.ts'

const alias = "import { setTimeout as sleep } from 'node:timers/promises'\n"

test.each([
  ['a promise around setTimeout', 'await new Promise((resolve) => setTimeout(resolve, 50))'],
  ['setTimeout of node:timers/promises', "import { setTimeout } from 'node:timers/promises'\nawait setTimeout(5)"],
  ['the same under another name', `${alias}await sleep(50)`],
  ['an action after a fixed time', 'setTimeout(() => controller.abort(), 50)'],
  ['a wait of Playwright', 'await page.waitForTimeout(50)'],
  ['a wait in SQL', "await query('select pg_sleep(1)')"],
  ['a wait in SQL with values', `await query(\`select pg_sleep(\${seconds})\`)`],
  ['a wait in each round of a counted loop', `${alias}for (let n = 0; n < 3; n++) await sleep(50)`],
  ['a wait for each item', `${alias}for (const item of items) await sleep(50)`],
  ['a comment without a reason', `${alias}await sleep(50) // fixed wait:`],
])('finds %s', (_, source) => {
  expect(fixedWaits(source)).toEqual([{ line: source.split('\n').length, text: source.split('\n').at(-1) }])
})

test.each([
  ['polls a condition', `${alias}while (!isDone()) await sleep(5)`],
  ['polls until it returns', `${alias}for (;;) { if (isDone()) break; await sleep(5) }`],
  ['limits a wait', `${alias}await Promise.race([closed, sleep(2_000, 'late')])`],
  ['rejects after a time', "setTimeout(() => reject(new Error('late')), 50)"],
  ['says why, on its line', `${alias}await sleep(50) // fixed wait: the pause is what is measured`],
  ['says why, on the line above', `${alias}// fixed wait: the pause is what is measured\nawait sleep(50)`],
  ['writes a program that waits', "run('setTimeout(() => {}, 1000)')"],
])('accepts code that %s', (_, source) => {
  expect(fixedWaits(source)).toEqual([])
})
