/**
 * Protects: text of any script works on slides. The harness checks for every deck that text stays in its boxes, runs in
 * the right direction and breaks no number. The decks here have a lot of text wherever text is possible.
 */
import { expect, test } from 'vitest'
import { withToolBench } from '../../testing/harness.ts'
import { partsNamed, xmlParts } from '../../testing/office-parts.ts'
import { generatePowerpoint } from '../generate-powerpoint.ts'

const SLIDE = /^ppt\/slides\/slide\d+\.xml$/

const scripts = {
  Chinese:
    '本季度全球人口持续增长，主要经济体的劳动力市场保持稳定。我们的分析表明，亚洲地区的增长率最高，其次是非洲和拉丁美洲。',
  Japanese:
    '四半期の売上は前年同期比で大幅に増加しました。特に東京と大阪の店舗が好調で、オンライン販売も伸びています。',
  Korean: '이번 분기 매출은 전년 동기 대비 크게 증가했습니다. 특히 서울과 부산 매장의 실적이 좋았습니다.',
  Arabic: 'ارتفعت المبيعات في الربع الثالث بنسبة 12 % مقارنة بالعام الماضي، وكانت منطقة الشمال هي الأفضل أداءً.',
  Hebrew: 'המכירות ברבעון השלישי עלו ב-12% בהשוואה לשנה שעברה, והצפון הוביל את כל האזורים.',
  Thai: 'ยอดขายในไตรมาสที่สามเพิ่มขึ้นร้อยละสิบสองเมื่อเทียบกับปีที่แล้ว โดยภาคเหนือมีผลงานดีที่สุด',
  Hindi: 'तीसरी तिमाही में बिक्री पिछले वर्ष की तुलना में बारह प्रतिशत बढ़ी, और उत्तरी क्षेत्र सबसे आगे रहा।',
  German: 'Die Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen der Rechtsschutzversicherungsgesellschaften.',
  capitals: 'WWWWW MMMMM QQQQQ @@@@@ WWWWW MMMMM QQQQQ %%%%% WWWWW MMMMM QQQQQ @@@@@ WWWWW MMMMM QQQQQ.',
}

/** Repeats the text up to the maximum length of a field. */
const fill = (text: string, length: number) =>
  text
    .repeat(Math.ceil(length / text.length))
    .slice(0, length)
    .trim()

const slidesFull = (text: string) => [
  { title: fill(text, 150), bullets: [text, `  ${fill(text, 300)}`, fill(text, 390), text], text: fill(text, 700) },
  {
    title: fill(text, 60),
    columns: [
      { heading: fill(text, 100), bullets: [text, text] },
      { heading: 'short', bullets: [text] },
    ],
  },
  {
    title: 'Figures',
    metrics: [0, 1, 2, 3].map(() => ({ value: fill(text, 20), label: fill(text, 60) })),
    text: fill(text, 1500),
  },
  { title: fill(text, 150), layout: 'section' as const, text: fill(text, 1000), bullets: [text] },
  { title: fill(text, 150), layout: 'quote' as const, text: fill(text, 1500) },
  {
    title: 'Table',
    table: {
      headers: [fill(text, 40), 'Wert', fill(text, 15)],
      rows: [
        [fill(text, 300), 1234567.89, `Latin and ${text.slice(0, 20)} together, 👍`],
        [text, -3, null],
      ],
    },
  },
]

test.each(Object.entries(scripts))('%s stays in its boxes, however long it is', (_, text) =>
  withToolBench(async ({ run }) => {
    const head = { title: fill(text, 200), subtitle: fill(text, 200), author: fill(text, 100) }
    const { output } = await run(generatePowerpoint, { ...head, slides: slidesFull(text) })
    expect(output.slides).toBeGreaterThan(slidesFull(text).length)
    expect(output.warnings.filter((warning) => warning.includes('characters'))).toEqual([])
  }),
)

test('shrunk text says by how much, so that it is right when the file is opened', () =>
  withToolBench(async ({ run, read }) => {
    const slides = [{ title: fill(scripts.Chinese, 150) }, { title: 'Short' }]
    const { output } = await run(generatePowerpoint, { title: 'T', slides })
    const [, long, short] = partsNamed(await xmlParts(await read(output.path)), SLIDE)
    const scale = Number(/<a:normAutofit fontScale="(\d+)"/.exec(long!)?.[1])
    // 150 characters of 28 points on 12.13 x 0.92 inches: at most 2 lines of 28 points, 3 of 18
    expect(scale).toBeGreaterThanOrEqual(40_000)
    expect(scale).toBeLessThanOrEqual(70_000)
    expect(short).not.toContain('fontScale')
  }))

test('each paragraph has the direction of its own script', () =>
  withToolBench(async ({ run, read }) => {
    const table = { headers: ['שם', 'Value'], rows: [['דוד', 5]] }
    const slides = [{ title: 'שלום', bullets: ['Latin point', 'נקודה'], table }]
    const { output } = await run(generatePowerpoint, { title: 'T', slides })
    const slide = partsNamed(await xmlParts(await read(output.path)), SLIDE)[1]!
    const paragraphs = [...slide.matchAll(/<a:p><a:pPr([^>]*)>.*?<a:t>([^<]*)/gs)]
    const toLeft = paragraphs.filter(([, attributes]) => attributes!.includes('rtl="1"')).map(([, , text]) => text)
    expect(toLeft).toEqual(['שלום', 'נקודה', 'שם', 'דוד'])
    expect(slide).toContain('<a:tblPr rtl="1"/>')
  }))

test('warnings name characters without a glyph, and text that is too small to read', () =>
  withToolBench(async ({ run }) => {
    const slides = [
      { title: 'Signs \u{10FFF0}', bullets: ['and \u{10FFF1}'] },
      { title: 'Much', layout: 'section' as const, text: fill(scripts.Chinese, 1500) },
    ]
    const { output } = await run(generatePowerpoint, { title: 'T', slides })
    expect(output.warnings).toEqual([
      'No font here has these characters, which may show as boxes: \u{10FFF0} \u{10FFF1}',
      expect.stringMatching(/^“Much”: so much text that it is only [\d.]+ points high/),
    ])
  }))

test('points that do not fit on a section slide follow on the next one', () =>
  withToolBench(async ({ run, read }) => {
    const bullets = Array.from({ length: 20 }, (_, i) => fill(`Point ${i} has more words `, 390))
    const slides = [{ title: 'Part', layout: 'section' as const, text: 'About', bullets }]
    const { output } = await run(generatePowerpoint, { title: 'T', slides })
    expect(output.warnings).toEqual([])
    const text = partsNamed(await xmlParts(await read(output.path)), SLIDE).join()
    for (const bullet of bullets) expect(text).toContain(bullet)
  }))

test('notes have a paragraph for each line, in its direction', () =>
  withToolBench(async ({ run, read }) => {
    const slides = [{ title: 'x', notes: 'First & foremost\nשלום\n\nlast' }]
    const { output } = await run(generatePowerpoint, { title: 'T', slides })
    const notes = partsNamed(await xmlParts(await read(output.path)), /notesSlide\d+\.xml$/)[1]!
    const paragraphs = [...notes.matchAll(/<a:p>(?:<a:pPr([^>]*)\/>)?<a:r>.*?<a:t>([^<]*)/g)].map(
      ([, how = '', text]) => [how, text],
    )
    expect(paragraphs).toEqual([
      ['', 'First &amp; foremost'],
      [' algn="r" rtl="1"', 'שלום'],
      ['', ''],
      ['', 'last'],
    ])
  }))
