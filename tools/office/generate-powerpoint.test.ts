import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withToolBench } from '../testing/harness.ts'
import { HOSTILE } from '../testing/hostile.ts'
import { photo, png } from '../testing/images.ts'
import { contents, partsNamed, xmlParts } from '../testing/office-parts.ts'
import { generatePowerpoint } from './generate-powerpoint.ts'

const SLIDE = /^ppt\/slides\/slide\d+\.xml$/
const CHART = /^ppt\/charts\/chart\d+\.xml$/

/** The texts of each slide. */
async function slidesOf(file: Buffer): Promise<string[][]> {
  const parts = await xmlParts(file)
  return partsNamed(parts, SLIDE).map((slide) => contents(slide, 'a:p').filter((text) => text !== ''))
}

test('makes a deck with title, points, chart, table and notes', () =>
  withToolBench(async ({ run, read }) => {
    const { output, files } = await run(generatePowerpoint, {
      title: 'Q3 sales',
      subtitle: 'Results by region',
      author: 'Ada',
      slides: [
        {
          title: 'North leads',
          bullets: ['- Total: 295', '  of which North 120'],
          chart: {
            type: 'column',
            labels: ['North', 'South', 'West'],
            series: [{ name: 'Sales', values: [120, 80, 95] }],
          },
          notes: 'Ask for the budget.',
        },
        {
          title: 'Numbers',
          table: {
            headers: ['Region', 'Sales'],
            rows: [
              ['North', 120],
              ['South', null],
            ],
          },
        },
        { title: 'Figures', metrics: [{ value: '€295k', label: 'Sales' }] },
        {
          title: 'Compare',
          columns: [
            { heading: 'A', bullets: ['cheap'] },
            { heading: 'B', bullets: ['fast'] },
          ],
        },
        { title: 'Part two', layout: 'section', text: 'What now' },
        { title: 'Grace Hopper', layout: 'quote', text: 'We have always done it this way.' },
      ],
    })
    expect(output).toEqual({ path: 'q3-sales.pptx', slides: 7, bytes: expect.any(Number), warnings: [] })
    expect(files).toEqual([
      { path: 'q3-sales.pptx', contentType: expect.stringContaining('presentationml.presentation') },
    ])
    const file = await read(output.path)
    expect(file.length).toBe(output.bytes)
    const slides = await slidesOf(file)
    expect(slides[0]).toEqual(['Q3 sales', 'Results by region', 'Ada'])
    expect(slides[1]).toEqual(expect.arrayContaining(['North leads', 'Total: 295', 'of which North 120']))
    expect(slides[2]).toEqual(expect.arrayContaining(['Numbers', 'Region', 'Sales', 'North', '120', 'South']))
    expect(slides[3]).toEqual(expect.arrayContaining(['€295k', 'Sales']))
    expect(slides[4]).toEqual(expect.arrayContaining(['A', 'cheap', 'B', 'fast']))
    expect(slides[6]).toEqual(expect.arrayContaining(['Grace Hopper', 'We have always done it this way.']))
    const parts = await xmlParts(file)
    const [chart = ''] = partsNamed(parts, CHART)
    expect(contents(chart, 'c:v')).toEqual(
      expect.arrayContaining(['Sales', 'North', 'South', 'West', '120', '80', '95']),
    )
    expect(chart).toContain('<c:min val="0"/>')
    const notes = partsNamed(parts, /notesSlide\d+\.xml$/).flatMap((xml) => contents(xml, 'a:t'))
    expect(notes.join()).toContain('Ask for the budget.')
  }))

test('titles are title placeholders, so outlines and screen readers find them', () =>
  withToolBench(async ({ run, read }) => {
    const { output } = await run(generatePowerpoint, { title: 'T', slides: [{ title: 'One', text: 'x' }] })
    const slides = partsNamed(await xmlParts(await read(output.path)), SLIDE)
    for (const slide of slides) expect(slide).toMatch(/<p:ph\s[^>]*type="title"/)
  }))

test('long tables and lists continue on further slides, and nothing is lost', () =>
  withToolBench(async ({ run, read }) => {
    const rows = Array.from({ length: 60 }, (_, i) => [i + 1, `Item ${i + 1}`])
    const bullets = Array.from(
      { length: 20 },
      (_, i) => `Point ${i + 1}: ${'many words that fill the line '.repeat(6)}`,
    )
    const { output } = await run(generatePowerpoint, {
      title: 'Long',
      slides: [
        { title: 'Table', table: { headers: ['No', 'Name'], rows } },
        { title: 'List', bullets },
      ],
    })
    const slides = await slidesOf(await read(output.path))
    expect(slides.length).toBe(output.slides)
    const all = slides.flat()
    for (const [, name] of rows) expect(all).toContain(name)
    for (const bullet of bullets) expect(all).toContain(bullet.trimEnd())
    expect(all.filter((text) => text === 'Table (continued)').length).toBeGreaterThan(1)
  }))

test('pictures from the workspace are embedded; others are refused', () =>
  withToolBench(async ({ run, read, workspace }) => {
    await writeFile(join(workspace, 'chart.png'), png(40, 20))
    await writeFile(join(workspace, 'fake.png'), 'not a picture')
    await writeFile(
      join(workspace, 'bomb.png'),
      Buffer.concat([png(1, 1).subarray(0, 16), Buffer.from([0, 1, 0, 0, 0, 1, 0, 0])]),
    )
    const slide = (image: string) => ({ title: 'T', slides: [{ title: 'Picture', image, text: 'beside' }] })
    const { output } = await run(generatePowerpoint, slide('chart.png'))
    const parts = await xmlParts(await read(output.path))
    expect(partsNamed(parts, SLIDE)[1]).toContain('<p:pic>')
    for (const image of ['fake.png', 'bomb.png', '../x.png', '/etc/passwd']) {
      await expect(run(generatePowerpoint, slide(image))).rejects.toMatchObject({ code: 'invalid_input' })
    }
    await expect(run(generatePowerpoint, slide('none.png'))).rejects.toMatchObject({ code: 'not_found' })
  }))

test.each([
  [3, 'rot="10800000"', 2],
  [4, 'flipH="1" rot="10800000"', 2],
  [6, 'rot="5400000"', 0.5],
  [5, 'flipH="1" rot="16200000"', 0.5],
])('a photo with orientation %s is upright and not distorted', (orientation, turned, ratio) =>
  withToolBench(async ({ run, read, workspace }) => {
    await writeFile(join(workspace, 'photo.jpg'), photo(orientation))
    const { output } = await run(generatePowerpoint, { title: 'T', slides: [{ title: 'P', image: 'photo.jpg' }] })
    const slide = partsNamed(await xmlParts(await read(output.path)), SLIDE)[1]!
    const [, attributes, , , cx, cy] =
      /<p:pic>.*?<a:xfrm([^>]*)>\s*<a:off x="(\d+)" y="(\d+)"\/>\s*<a:ext cx="(\d+)" cy="(\d+)"/s.exec(slide) ?? []
    expect(attributes?.trim()).toBe(turned)
    // the stored pixels are 32 x 16, whatever the orientation
    expect(Number(cx) / Number(cy)).toBeCloseTo(2, 2)
    const shownHeight = ratio < 1 ? Number(cx) : Number(cy)
    expect(shownHeight / 914_400).toBeLessThanOrEqual(5.16)
  }),
)

test('hostile text in every field still gives well-formed files', () =>
  withToolBench(async ({ run, read }) => {
    const short = HOSTILE.slice(0, 20)
    const line = HOSTILE.slice(0, 60)
    for (const type of ['column', 'bar', 'line', 'area', 'pie', 'doughnut'] as const) {
      const { output } = await run(generatePowerpoint, {
        title: line,
        subtitle: line,
        author: line,
        filename: `../${type}`.slice(3),
        slides: [
          {
            title: line,
            text: HOSTILE,
            bullets: [HOSTILE],
            notes: HOSTILE,
            metrics: [{ value: short, label: line }],
            table: { headers: [line], rows: [[HOSTILE]] },
            chart: {
              type,
              title: line,
              labels: [line, ''],
              series: [{ name: line, values: [1, 2] }],
              number_format: '"€"<>&#,##0',
            },
          },
          { title: line, layout: 'quote', text: HOSTILE },
          { title: line, layout: 'section', text: HOSTILE },
        ],
      })
      const slides = await slidesOf(await read(output.path))
      expect(slides[1]!.join('\n')).toContain('<a href="x">&amp;')
    }
  }))

test('a second attempt of a call writes the same file; another call never overwrites it', () =>
  withToolBench(async ({ run, read }) => {
    const deck = (text: string) => ({ title: 'Deck', slides: [{ title: text }] })
    const first = await run(generatePowerpoint, deck('one'), { key: 'a' })
    const second = await run(generatePowerpoint, deck('two'), { key: 'b' })
    const again = await run(generatePowerpoint, deck('one'), { key: 'a' })
    expect([first, second, again].map(({ output }) => output.path)).toEqual(['deck.pptx', 'deck-2.pptx', 'deck.pptx'])
    expect((await slidesOf(await read('deck.pptx')))[1]).toContain('one')
    expect((await slidesOf(await read('deck-2.pptx')))[1]).toContain('two')
  }))

test('simultaneous attempts of one call make one file', () =>
  withToolBench(async ({ run }) => {
    const tries = Array.from({ length: 5 }, () =>
      run(generatePowerpoint, { title: 'Deck', slides: [{ title: 'x' }] }, { key: 'same' }),
    )
    const paths = (await Promise.all(tries)).map(({ output }) => output.path)
    expect(new Set(paths)).toEqual(new Set(['deck.pptx']))
  }))

test.each([
  ['decks/Über uns.pptx', 'decks/Über uns.pptx'],
  ['report.PPTX', 'report.pptx'],
  ['a:b?c', 'a-b-c.pptx'],
  ['back\\slash', 'back/slash.pptx'],
])('file name %s becomes %s', (filename, path) =>
  withToolBench(async ({ run }) => {
    const { output } = await run(generatePowerpoint, { title: 'T', filename, slides: [{ title: 'x' }] })
    expect(output.path).toBe(path)
  }),
)

test.each(['../out', '/etc/x', 'a/../../b', '..\\out'])('file name %s is refused', (filename) =>
  withToolBench(async ({ run }) => {
    const call = run(generatePowerpoint, { title: 'T', filename, slides: [{ title: 'x' }] })
    await expect(call).rejects.toMatchObject({ code: 'invalid_input' })
  }),
)

test('a title without letters that a file name may have still gets a name', () =>
  withToolBench(async ({ run }) => {
    const { output } = await run(generatePowerpoint, { title: '???', slides: [{ title: 'x' }] })
    expect(output.path).toBe('document.pptx')
    const other = await run(generatePowerpoint, { title: 'Größe & Łódź', slides: [{ title: 'x' }] })
    expect(other.output.path).toBe('grosse-lodz.pptx')
  }))

test('excessive sizes and inconsistent charts are refused, and the error names the place', () =>
  withToolBench(async ({ run }) => {
    const slides = Array.from({ length: 61 }, () => ({ title: 'x' }))
    await expect(run(generatePowerpoint, { title: 'T', slides })).rejects.toMatchObject({ code: 'invalid_input' })
    const chart = {
      type: 'pie' as const,
      labels: ['a', 'b'],
      series: [
        { name: 's', values: [1] },
        { name: 't', values: [1, 2] },
      ],
    }
    const call = run(generatePowerpoint, { title: 'T', slides: [{ title: 'x', chart }] })
    await expect(call).rejects.toThrow(/takes one series[\s\S]*has 1 values, but there are 2 labels/)
  }))
