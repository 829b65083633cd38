import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { Fonts } from './fonts.ts'

test.each([
  ['Chinese', '世界人口在增长', 7],
  ['Japanese', '日本語のカタカナ', 8],
  ['Korean', '한국어', 3],
  ['full-width signs', '，。！', 3],
])('each character of %s is one em wide', (_, text, ems) => {
  const fonts = new Fonts('Calibri')
  expect(fonts.widthOf(text, 'regular', 20)).toBeCloseTo(ems * 20, 0)
  expect(fonts.missing).toEqual(new Set())
})

test.each(['مرحبا بالعالم', 'שלום עולם', 'สวัสดีชาวโลก', 'नमस्ते दुनिया', 'Ελληνικά', 'Кириллица', '😀👍', 'ខ្មែរ', '∑ ✓ ₿'])(
  '%s has glyphs and a width',
  (text) => {
    const fonts = new Fonts()
    expect(fonts.missingIn(text)).toEqual([])
    const ems = fonts.widthOf(text, 'bold', 1)
    expect(ems).toBeGreaterThan(text.length * 0.2)
    expect(ems).toBeLessThan(text.length * 1.5)
  },
)

test('Arabic is measured with joined letters, not letter by letter', () => {
  const fonts = new Fonts()
  const apart = [...'لله'].reduce((sum, letter) => sum + fonts.widthOf(letter, 'regular', 1), 0)
  expect(fonts.widthOf('لله', 'regular', 1)).toBeLessThan(apart)
})

test('slides are measured with the widths of Calibri', () => {
  // Calibri's advances: H 1276, e 1019, l 470, o 1080 of 2048
  expect(new Fonts('Calibri').widthOf('Hello', 'regular', 2048)).toBeCloseTo(1276 + 1019 + 470 + 470 + 1080, 0)
  expect(new Fonts('Calibri').widthOf('Hello', 'bold', 1)).toBeGreaterThan(
    new Fonts('Calibri').widthOf('Hello', 'regular', 1),
  )
})

test('a text is cut where the font changes, and loses nothing', () => {
  const text = 'Total 合計: 5 \u{1F468}\u200D\u{1F469}\u200D\u{1F467} ไทย'
  const runs = new Fonts().runs(text, 'regular')
  expect(runs.map((run) => run.text).join('')).toBe(text)
  expect(new Set(runs.map((run) => basename(run.font.path))).size).toBeGreaterThan(2)
  // a character as people see it is never split
  expect(runs.some((run) => run.text.includes('\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'))).toBe(true)
})

test('a character that no font has is reported once, as a whole', () => {
  const fonts = new Fonts()
  const unassigned = '\u{E0FFF}'
  expect(fonts.missingIn(`a${unassigned}b${unassigned}`)).toEqual([unassigned, unassigned])
  fonts.runs(`a${unassigned}b${unassigned}`, 'regular')
  expect([...fonts.missing]).toEqual([unassigned])
})

test('an invisible character is neither missing nor wide', () => {
  const fonts = new Fonts()
  const unseen = '\u0001\u200B\uFEFF\u200F\uFE0F'
  expect(fonts.missingIn(unseen)).toEqual([])
  expect(fonts.widthOf(unseen, 'regular', 10)).toBe(0)
})
