import { expect, test, vi } from 'vitest'
import { Printer } from './printer.ts'

test('passes on text soon, in order, also when a character comes in two pieces', async () => {
  const printed: string[] = []
  const printer = new Printer((text) => printed.push(text))
  const bytes = Buffer.from('größe')
  printer.add(bytes.subarray(0, 3))
  printer.add(bytes.subarray(3))
  await vi.waitUntil(() => printed.length > 0)
  printer.add(Buffer.from('!'))
  printer.flush()
  expect(printed).toEqual(['größe', '!'])
})

test('of a flood it passes on the newest part', () => {
  const printed: string[] = []
  const printer = new Printer((text) => printed.push(text))
  for (let line = 0; line < 100_000; line++) printer.add(Buffer.from(`line ${line}\n`))
  printer.flush()
  expect(printed).toHaveLength(1)
  expect(printed[0]!.length).toBeLessThan(4_100)
  expect(printed[0]).toMatch(/^…\n/)
  expect(printed[0]).toMatch(/line 99999\n$/)
})
