import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { extractText, getDocumentProxy, getMeta } from 'unpdf'
import { expect, test } from 'vitest'
import { type ToolBench, withToolBench } from '../testing/harness.ts'
import { HOSTILE } from '../testing/hostile.ts'
import { png } from '../testing/images.ts'
import { generatePdf } from './generate-pdf.ts'

/** Makes the PDF and reads the text of its pages back. */
async function make({ run, read }: ToolBench, content: string, more: object = {}) {
  const { output } = await run(generatePdf, { title: 'Report', content, ...more })
  const document = await getDocumentProxy(new Uint8Array(await read(output.path)))
  const { text: pages } = await extractText(document, { mergePages: false })
  return { output, document, pages, text: pages.join('\n') }
}

test('typesets Markdown with title, metadata and page numbers', () =>
  withToolBench(async (bench) => {
    const { output, document, text } = await make(
      bench,
      '## Summary\n\nSales came to **295**, *up* from `280`.\n\n- one\n- two\n  1. deep\n- [x] done\n\n> quoted\n\n```\ncode here\n```\n\n' +
        '| Region | Sales |\n|---|---:|\n| North | 120 |\n\nSee [our site](https://example.com) &amp; more.<br>Next line',
      { subtitle: 'July', author: 'Ada', filename: 'out/report' },
    )
    expect(output).toMatchObject({ path: 'out/report.pdf', pages: 1, warnings: [] })
    for (const part of [
      'Report',
      'July',
      'Ada',
      'Summary',
      '295',
      'one',
      'deep',
      'done',
      'quoted',
      'code here',
      'North',
      '120',
      '& more',
      '1 / 1',
    ]) {
      expect(text).toContain(part)
    }
    const { info } = await getMeta(document)
    expect(info).toMatchObject({ Title: 'Report', Author: 'Ada' })
    const annotations = await (await document.getPage(1)).getAnnotations()
    expect(annotations.map(({ url }) => url)).toEqual(['https://example.com/'])
  }))

test('letters beyond ASCII are embedded and can be read out again', () =>
  withToolBench(async (bench) => {
    const sample = 'Größe 5 €, Łódź, Zażółć gęślą jaźń, Ελληνικά, Русский, tiếng Việt, naïve “quotes” … ✓ → ★'
    const { output, text } = await make(bench, `${sample}\n\n**${sample}**\n\n| ${sample} |\n|---|\n| x |`)
    expect(text.replaceAll(/\s+/g, ' ').split(sample).length).toBeGreaterThanOrEqual(3)
    expect(output.warnings).toEqual([])
  }))

test('a warning names the characters that no font has', () =>
  withToolBench(async (bench) => {
    const { output } = await make(bench, 'Private signs: \u{10FFF0}\u{10FFF1}')
    expect(output.warnings).toEqual(['No font here has these characters, which show as boxes: \u{10FFF0} \u{10FFF1}'])
  }))

test('tables continue on further pages, repeat their header and lose nothing', () =>
  withToolBench(async (bench) => {
    const rows = Array.from({ length: 120 }, (_, i) => `| ${i + 1} | Item-${i + 1} | ${'words '.repeat(i % 9)} |`).join(
      '\n',
    )
    const { output, pages, text } = await make(bench, `| No | Name | Remark |\n|---|---|---|\n${rows}`)
    expect(output.pages).toBeGreaterThan(2)
    for (const page of pages) expect(page).toContain('Remark')
    for (let i = 1; i <= 120; i++) expect(text).toMatch(new RegExp(`Item-${i}\\b`))
  }))

test('a row higher than a page is split and loses nothing', () =>
  withToolBench(async (bench) => {
    const words = Array.from({ length: 1500 }, (_, i) => `w${i}`)
    const { output, text } = await make(bench, `| A | B |\n|---|---|\n| x | ${words.join(' ')} |`)
    expect(output.pages).toBeLessThan(12)
    expect(new Set(text.match(/\bw\d+\b/g)).size).toBe(words.length)
  }))

test('long text and new pages', () =>
  withToolBench(async (bench) => {
    const { pages } = await make(
      bench,
      `First page\n\n\\newpage\n\nSecond page\n\n${'A sentence that goes on. '.repeat(400)}`,
    )
    expect(pages[0]).not.toContain('Second page')
    expect(pages[1]).toContain('Second page')
    expect(pages.at(-1)).toContain(`${pages.length} / ${pages.length}`)
  }))

test('pictures from the workspace are shown; others are refused or named in a warning', () =>
  withToolBench(async (bench) => {
    await writeFile(join(bench.workspace, 'my chart.png'), png(300, 200))
    await writeFile(join(bench.workspace, 'fake.png'), 'no picture')
    const { output, text } = await make(bench, '![The chart](my%20chart.png)\n\n![remote](https://example.com/x.png)')
    expect(text).toContain('The chart')
    expect(output.warnings).toEqual(['The image https://example.com/x.png is not in the workspace and was left out.'])
    await expect(make(bench, '![x](fake.png)')).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(make(bench, '![x](../x.png)')).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(make(bench, '![x](/etc/passwd)')).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(make(bench, '![x](%zz.png)')).rejects.toMatchObject({ code: 'not_found' })
  }))

test('hostile text, scripts in links and deep nesting are harmless', () =>
  withToolBench(async (bench) => {
    const { document, text } = await make(
      bench,
      `${HOSTILE}\n\n[x](javascript:alert(1)) [y](file:///etc/passwd)\n\n<script>alert(1)</script>`,
      {
        title: HOSTILE.slice(0, 60),
        author: HOSTILE.slice(0, 60),
      },
    )
    expect(text).not.toContain('alert')
    expect(await (await document.getPage(1)).getAnnotations()).toEqual([])
    await expect(make(bench, `${'> '.repeat(500)}deep`)).rejects.toMatchObject({ code: 'invalid_input' })
  }))

test('a long word and a table with many columns stay on the page', () =>
  withToolBench(async (bench) => {
    const head = `| ${Array.from({ length: 15 }, (_, i) => `Column${i}`).join(' | ')} |`
    const { output } = await make(bench, `${'x'.repeat(3000)}\n\n${head}\n|${'---|'.repeat(15)}\n${head}`, {
      orientation: 'landscape',
      page_size: 'Letter',
    })
    expect(output.pages).toBeLessThan(5)
  }))
