/** Protects: a call reads the same in a question of the database and in the timeline of the web app. */
import { expect, test } from 'vitest'
import { fillSentence } from '../../contracts/tool-view.ts'
import { ownDatabase } from './own-database.ts'

const { client } = await ownDatabase()

test.each<[string, Record<string, unknown>, string]>([
  [
    'Send this mail to {to}?',
    { to: ['ada@acme.test', 'bob@acme.test'] },
    'Send this mail to ada@acme.test, bob@acme.test?',
  ],
  ['“{subject}”', { subject: 'Lunch' }, '“Lunch”'],
  ['{a}{b}', { a: 'one', b: 'two' }, 'onetwo'],
  ['A value is not filled in turn: {a}', { a: '{b}', b: 'never' }, 'A value is not filled in turn: {b}'],
  ['Nothing {missing} here', {}, 'Nothing  here'],
  ['{nothing}|{list}', { nothing: null, list: [] }, '|'],
  ['{list}', { list: ['a', null, 'b'] }, 'a, b'],
  ['{constructor}{__proto__}', { a: 1 }, ''],
  ['{count} of {total}, {share}, {yes}', { count: 3, total: 1e6, share: 0.5, yes: true }, '3 of 1000000, 0.5, true'],
  ['{object} {nested}', { object: { a: 1 }, nested: [{ a: 1 }, [2], 'b'] }, '… …, …, b'],
  ['{text}', { text: 'x'.repeat(120) }, 'x'.repeat(120)],
  ['{text}!', { text: 'x'.repeat(121) }, `${'x'.repeat(120)}…!`],
  ['{text}', { text: '😀'.repeat(121) }, `${'😀'.repeat(120)}…`],
  ['{text}', { text: 'two\nlines and \\ and $1' }, 'two\nlines and \\ and $1'],
  ['{ {} } {größe} {a b} {{a}} } {', { a: 'x', größe: 'y' }, '{ {} } {größe} {a b} {x} } {'],
])('%s with %j', async (sentence, args, text) => {
  expect(fillSentence(sentence, args), 'in TypeScript').toBe(text)
  const { rows } = await client.query('select platform.fill_sentence($1, $2) as text', [sentence, JSON.stringify(args)])
  expect(rows[0].text, 'in the database').toBe(text)
})
