/**
 * Protects: a model server cannot keep the worker busy by how it cuts its answer into pieces. Each piece costs what it is
 * long, not what came before it. Where that does not hold, these tests run into their time limit.
 */
import { expect, test } from 'vitest'
import { AnswerBuilder } from './answer-builder.ts'
import { CallPieces } from './call-pieces.ts'
import { ThinkTags } from './think-tags.ts'

const PIECES = 1_000_000

test('arguments that always look as if they ended', () => {
  const calls = new CallPieces()
  const add = (text: string) => calls.add({ index: 0, function: { name: 'write_file', arguments: text } })
  add('{"content":"')
  for (let i = 0; i < PIECES; i++) add('}')
  expect(calls.calls[0]?.arguments).toHaveLength('{"content":"'.length + PIECES)
})

test('blanks without end before the first word', () => {
  const tags = new ThinkTags()
  let said = ''
  for (let i = 0; i < PIECES; i++) said += tags.add(' ').said
  said += tags.end().said
  expect(said).toHaveLength(PIECES)
})

test('a field of another name in each piece', () => {
  const answer = new AnswerBuilder(1_000, () => {})
  for (let i = 0; i < 50_000; i++) answer.add({ choices: [{ delta: { [`f${i}`]: 1 } }] })
  const kept = Object.keys(answer.soFar().others ?? {}).length
  expect(kept).toBeGreaterThan(1_000)
})

test('a call with a field of another name in each piece', () => {
  const calls = new CallPieces()
  for (let i = 0; i < 50_000; i++) calls.add({ index: 0, [`f${i}`]: 1 })
  expect(Object.keys(calls.calls[0]?.others ?? {}).length).toBeGreaterThan(1_000)
})
