/**
 * Protects: a model server cannot keep the worker busy by splitting its answer into many pieces. The cost of each piece
 * depends on its own length, not on what came before. If that is broken, these tests run into their time limit.
 */
import { expect, test } from 'vitest'
import { AnswerBuilder } from './answer-builder.ts'
import { CallPieces } from './call-pieces.ts'
import { ThinkTags } from './think-tags.ts'

const PIECES = 1_000_000

test('arguments that look complete after each piece take linear time', () => {
  const calls = new CallPieces()
  const add = (text: string) => calls.add({ index: 0, function: { name: 'write_file', arguments: text } })
  add('{"content":"')
  for (let i = 0; i < PIECES; i++) add('}')
  expect(calls.calls[0]?.arguments).toHaveLength('{"content":"'.length + PIECES)
})

test('endless blanks before the first word take linear time', () => {
  const tags = new ThinkTags()
  let said = ''
  for (let i = 0; i < PIECES; i++) said += tags.add(' ').said
  said += tags.end().said
  expect(said).toHaveLength(PIECES)
})

test('a new field in each piece takes linear time', () => {
  const answer = new AnswerBuilder(1_000, () => {})
  for (let i = 0; i < 50_000; i++) answer.add({ choices: [{ delta: { [`f${i}`]: 1 } }] })
  const kept = Object.keys(answer.soFar().others ?? {}).length
  expect(kept).toBeGreaterThan(1_000)
})

test('a call with a new field in each piece takes linear time', () => {
  const calls = new CallPieces()
  for (let i = 0; i < 50_000; i++) calls.add({ index: 0, [`f${i}`]: 1 })
  expect(Object.keys(calls.calls[0]?.others ?? {}).length).toBeGreaterThan(1_000)
})
