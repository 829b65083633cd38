/** Protects: tables fit their page, no number is broken, and nothing overlaps. */
import { expect, test } from 'vitest'
import { type ToolBench, withToolBench } from '../../testing/harness.ts'
import { overlaps, pdfPages, pdfWords } from '../../testing/pdf-words.ts'
import { generatePdf } from '../generate-pdf.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A table of twelve months with totals, and the numbers in it. */
function yearOf(number: (i: number) => string, rows = ['North', 'South', 'Marketing and communication']) {
  const numbers = rows.map((_, row) => [...MONTHS, 'Total'].map((_, column) => number(row * 13 + column)))
  const lines = rows.map((name, row) => `| ${name} | ${numbers[row]!.join(' | ')} |`)
  const markdown = `| Cost centre | ${MONTHS.join(' | ')} | Total |\n|${'---|'.repeat(14)}\n${lines.join('\n')}\n`
  return { markdown, numbers: numbers.flat() }
}

async function make({ run, read }: ToolBench, content: string, more: object = {}) {
  const { output } = await run(generatePdf, { title: 'Report', content, ...more })
  const file = await read(output.path)
  return { output, words: pdfWords(file), pages: pdfPages(file) }
}

test('twelve months with totals stay on a portrait page', () =>
  withToolBench(async (bench) => {
    const { markdown, numbers } = yearOf((i) => (1234 + i * 7).toLocaleString('en'))
    const { words, pages, output } = await make(bench, markdown)
    expect(pages).toEqual([[595.28, 841.89]])
    expect(output.warnings).toEqual([])
    for (const number of numbers) expect(words.map(({ text }) => text)).toContain(number)
    expect(overlaps(words)).toEqual([])
  }))

test('a wider table turns its page together with its heading, and a warning says so', () =>
  withToolBench(async (bench) => {
    const { markdown, numbers } = yearOf((i) => (1234567.89 + i).toLocaleString('en'))
    const { words, pages, output } = await make(bench, `Before\n\n## Year\n\n${markdown}\n\nAfter`)
    expect(pages).toEqual([
      [595.28, 841.89],
      [841.89, 595.28],
      [595.28, 841.89],
    ])
    expect(output.warnings).toEqual([expect.stringMatching(/Cost centre.* landscape/)])
    for (const number of numbers) expect(words.map(({ text }) => text)).toContain(number)
    expect(words.find(({ text }) => text === 'Year')!.page).toBe(2)
    expect(words.find(({ text }) => text === 'After')!.page).toBe(3)
    expect(overlaps(words)).toEqual([])
    for (const { right, page } of words) expect(right).toBeLessThanOrEqual(pages[page - 1]![0] - 39)
  }))

test('a turned table continues on turned pages', () =>
  withToolBench(async (bench) => {
    const rows = Array.from({ length: 60 }, (_, i) => `Row ${i}`)
    const { markdown, numbers } = yearOf((i) => (1234567.89 + i).toLocaleString('en'), rows)
    const { words, pages } = await make(bench, markdown)
    expect(pages.length).toBeGreaterThan(2)
    for (const page of pages.slice(1)) expect(page).toEqual([841.89, 595.28])
    expect(words.filter(({ text }) => text === 'Total')).toHaveLength(pages.length - 1)
    const seen = new Set(words.map(({ text }) => text))
    expect(numbers.filter((number) => !seen.has(number))).toEqual([])
  }))

test('numbers that fit on no page are refused, and the error says what to do', () =>
  withToolBench(async (bench) => {
    const { markdown } = yearOf((i) => `${(123456789012.5 + i).toLocaleString('en')} €`)
    await expect(make(bench, markdown)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/Cost centre.*14 in all.*landscape.*generate_spreadsheet/),
    })
    await expect(make(bench, `> ${markdown.trim().replaceAll('\n', '\n> ')}`)).rejects.toMatchObject({
      code: 'invalid_input',
    })
  }))

test.each(['1 234 567,89 €', '-€ 1,234.50', '$ 12', '12 %', '(1,234.50)', '2026-11-28', '+4.5 %', '1\u00A0234'])(
  'no line ends inside %s',
  (number) =>
    withToolBench(async (bench) => {
      const words = Array.from({ length: 40 }, (_, i) => `${'x'.repeat(1 + (i % 9))} ${number}`).join(' ')
      const { words: all } = await make(bench, `| A | B |\n|---|---|\n| ${words} | ${words} |\n\n${words}`)
      const seen = all.filter(({ top }) => top < 780)
      const parts = number.split(/[\s\u00A0]/)
      for (const [i, word] of seen.entries()) {
        if (word.text !== parts[0] || parts.length === 1) continue
        // the parts of a number are next to each other on one line
        for (const [k, part] of parts.entries()) {
          expect(seen[i + k]?.text).toBe(part)
          expect(Math.abs(seen[i + k]!.top - word.top)).toBeLessThan(1)
        }
      }
      if (parts.length === 1) expect(seen.filter(({ text }) => text === number)).toHaveLength(120)
    }),
)

test('long words are broken before a table is refused', () =>
  withToolBench(async (bench) => {
    const word = 'Donaudampfschifffahrtsgesellschaft'
    const row = `| ${Array.from({ length: 12 }, () => word).join(' | ')} |`
    const { words } = await make(bench, `${row}\n|${'---|'.repeat(12)}\n${row}`)
    expect(overlaps(words)).toEqual([])
    expect(
      words
        .map(({ text }) => text)
        .join('')
        .split('D').length - 1,
    ).toBe(24)
  }))

test('a link, bold text and a line break keep their look in a cell', () =>
  withToolBench(async (bench) => {
    const { words } = await make(bench, '| A |\n|---|\n| **bold** [site](https://example.com)<br>second |')
    const at = (text: string) => words.find((word) => word.text === text)!
    expect(at('second').top).toBeGreaterThan(at('site').top + 5)
  }))
