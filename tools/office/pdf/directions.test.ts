/** Protects: right-to-left and mixed text, as people see it and as programs extract it. */
import { expect, test } from 'vitest'
import { type ToolBench, withToolBench } from '../../testing/harness.ts'
import { pdfText, pdfWords } from '../../testing/pdf-words.ts'
import { generatePdf } from '../generate-pdf.ts'
import { levelsOf } from './bidi.ts'

async function make({ run, read }: ToolBench, content: string, title = 'Report') {
  const { output } = await run(generatePdf, { title, content })
  const file = await read(output.path)
  return { output, words: pdfWords(file), text: pdfText(file) }
}

/** The words of each line, from left to right. */
function seenLines(words: { text: string; top: number; bottom: number; left: number }[]): string[] {
  const lines: (typeof words)[] = []
  for (const word of words) {
    const middle = (word.top + word.bottom) / 2
    const line = lines.find(([first]) => first && middle > first.top && middle < first.bottom)
    if (line) line.push(word)
    else lines.push([word])
  }
  return lines.map((line) =>
    line
      .sort((a, b) => a.left - b.left)
      .map(({ text }) => text)
      .join(' '),
  )
}

const backwards = (text: string) => [...text].reverse().join('')

test('Hebrew runs from right to left, from the right edge', () =>
  withToolBench(async (bench) => {
    const { words, text, output } = await make(bench, 'שלום עולם טוב')
    expect(output.warnings).toEqual([])
    expect(seenLines(words)).toContain(backwards('שלום עולם טוב'))
    expect(text).toContain('שלום עולם טוב')
    const first = words.find((word) => word.text === backwards('שלום'))!
    expect(first.right).toBeCloseTo(595.28 - 62, 0)
  }))

test('a mixed line keeps the order of its parts, and numbers stay as they are', () =>
  withToolBench(async (bench) => {
    const { words } = await make(
      bench,
      'Invoice 42 – חשבונית 42 מיום\n\nהמחיר הוא 1,234.50 ש״ח עם Persona Platform כאן',
    )
    // a number after Hebrew belongs to the Hebrew text and is on its left
    expect(seenLines(words)).toContain(`Invoice 42 – ${backwards('מיום')} 42 ${backwards('חשבונית')}`)
    expect(seenLines(words)).toContain(
      `${backwards('כאן')} Persona Platform ${backwards('עם')} ${backwards('ש״ח')} 1,234.50 ${backwards('המחיר הוא')}`,
    )
  }))

test('brackets open towards the text inside, and are extracted as they were written', () =>
  withToolBench(async (bench) => {
    const { words, text } = await make(bench, 'מחיר (כולל מס) [טיוטה] סוף\n\nEnglish (in brackets) too')
    expect(text).toContain('מחיר (כולל מס) [טיוטה] סוף')
    expect(text).toContain('English (in brackets) too')
    expect(words.some(({ text }) => text === '(in')).toBe(true)
  }))

test('Arabic letters join, and words wrap from right to left', () =>
  withToolBench(async (bench) => {
    const sentence = 'مرحبا بالعالم هذا نص طويل يحتوي على أرقام وكلمات كثيرة لكي نختبر ترتيب السطور في الوثيقة '
    const { words, text } = await make(bench, sentence.repeat(3))
    for (const word of sentence.trim().split(' ')) expect(text).toContain(word)
    const lines = words.filter(({ top }) => top > 120 && top < 700)
    const first = lines.filter(({ top }) => Math.abs(top - lines[0]!.top) < 5)
    expect(Math.max(...first.map(({ right }) => right))).toBeCloseTo(595.28 - 62, 0)
    // joined letters are narrower than the same letters as separate words
    const whole = first.find(({ text }) => text.length === 'بالعالم'.length)!
    const { words: apart } = await make(bench, [...'بالعالم'].join(' '))
    const letters = apart.filter(({ top }) => top > 120 && top < 700)
    expect(letters).toHaveLength(7)
    expect(whole.right - whole.left).toBeLessThan(letters.reduce((sum, { left, right }) => sum + right - left, 0))
  }))

test('lists, quotes and tables of right-to-left text begin on the right', () =>
  withToolBench(async (bench) => {
    const { words } = await make(
      bench,
      '1. ראשון\n2. שני\n\n> ציטוט\n\n| שם | Amount | סכום |\n|---|---|---|\n| דנה | -5.00 | 7 |',
      'דוח',
    )
    const at = (text: string) => words.find((word) => word.text === text)!
    const mark = words.find(({ text }) => /^(1\.|\.1)$/.test(text))!
    expect(mark.left).toBeGreaterThan(at(backwards('ראשון')).right)
    expect(at(backwards('ציטוט')).right).toBeGreaterThan(500)
    expect(at(backwards('שם')).left).toBeGreaterThan(at('Amount').right)
    expect(at('Amount').left).toBeGreaterThan(at(backwards('סכום')).right)
    expect(at('-5.00').text).toBe('-5.00')
  }))

test('cells, headings, footers and code blocks can mix scripts, each in a font that has it', () =>
  withToolBench(async (bench) => {
    const sample = 'Total 合計 שלום ไทย Ω'
    const { text, output } = await make(
      bench,
      `# ${sample}\n\n| ${sample} |\n|---|\n| x |\n\n\`\`\`\n${sample}\n\`\`\``,
      sample,
    )
    expect(output.warnings).toEqual([])
    for (const part of sample.split(' ')) expect(text.split(part).length - 1, part).toBe(5)
  }))

test('a warning names a missing character wherever it is', () =>
  withToolBench(async (bench) => {
    // not assigned to any script
    const [inTitle, inCell, inCode] = ['\u{E0FF1}', '\u{E0FF2}', '\u{E0FF3}']
    const { output } = await make(
      bench,
      `| ${inCell} |\n|---|\n| x |\n\n\`\`\`\n${inCode}\n\`\`\``,
      `Report ${inTitle}`,
    )
    expect(output.warnings).toHaveLength(1)
    for (const sign of [inTitle, inCell, inCode]) expect(output.warnings[0]).toContain(sign)
  }))

test.each([
  ['digits', '123 '],
  ['letters', 'שלום '],
  ['brackets', '(['],
])('a long text of %s takes only seconds', (_, part) => {
  const began = performance.now()
  levelsOf(`א${part.repeat(100_000 / part.length)}`, 'rtl')
  expect(performance.now() - began).toBeLessThan(10_000)
})
