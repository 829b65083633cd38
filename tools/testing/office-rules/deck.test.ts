import JSZip from 'jszip'
import { beforeAll, expect, test } from 'vitest'
import { generatePowerpoint } from '../../office/generate-powerpoint.ts'
import { withToolBench } from '../harness.ts'
import { deckFaults } from './deck.ts'

let deck: Buffer

beforeAll(() =>
  withToolBench(async ({ run, read }) => {
    const series = [
      { name: 'A', values: [1, 2] },
      { name: 'B', values: [3, 4] },
    ]
    // an earlier deck, so that no test relies on the number of a chart
    await run(generatePowerpoint, {
      title: 'Earlier',
      slides: [{ title: 'Bars', chart: { type: 'bar', labels: ['x', 'y'], series } }],
    })
    const { output } = await run(generatePowerpoint, {
      title: 'T',
      slides: [
        { title: 'Line', chart: { type: 'line', labels: ['x', 'y'], series } },
        { title: 'Bars', chart: { type: 'column', labels: ['x', 'y'], series, stacked: true } },
        { title: '本季度全球人口持续增长'.repeat(13) },
        { title: 'שלום', text: 'x' },
        { title: 'Table', table: { headers: ['a'], rows: [[1]] }, notes: 'Say it.' },
      ],
    })
    deck = await read(output.path)
  }),
)

/** Returns the deck with a text of a part replaced. The text must exist. */
async function withChange(part: string, from: string | RegExp, to: string): Promise<Buffer> {
  const zip = await JSZip.loadAsync(deck)
  const path = pathOf(part, zip)
  const before = await zip.file(path)!.async('string')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  zip.file(path, after)
  return zip.generateAsync({ type: 'nodebuffer' })
}

const MASTER = '<Override PartName="/ppt/slideMasters/slideMaster2.xml" ContentType="x"/>'
const SHAPE = /<p:cNvPr id="3"/
const SLIDE = 'ppt/slides/slide6.xml'
const LONG = 'ppt/slides/slide4.xml'
const HEBREW = 'ppt/slides/slide5.xml'
const LINE = 'the line chart'
const BARS = 'the bars'

/** Charts have numbers that go on from the decks that the same process has made before. */
function pathOf(part: string, zip: JSZip): string {
  const charts = Object.keys(zip.files).filter((path) => /^ppt\/charts\/chart\d+\.xml$/.test(path))
  const inOrder = charts.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return new Map([LINE, BARS].map((name, index) => [name, inOrder[index]])).get(part) ?? part
}

test.each([
  ['a type for a missing part', '[Content_Types].xml', '</Types>', `${MASTER}</Types>`],
  ['a part without a type of its own', '[Content_Types].xml', /<Override PartName="\/ppt\/slides\/slide1[^>]*>/, ''],
  ['a type given twice', '[Content_Types].xml', /(<Override [^>]*>)/, '$1$1'],
  ['a wrong type', '[Content_Types].xml', /spreadsheetml\.sheet"/, 'spreadsheetml.other"'],
  ['a relationship that leads nowhere', 'ppt/slides/_rels/slide2.xml.rels', /chart\d+\.xml/, 'chart0.xml'],
  ['an id of a relationship given twice', 'ppt/slides/_rels/slide2.xml.rels', 'Id="rId2"', 'Id="rId1"'],
  ['a reference without its relationship', 'ppt/slides/slide2.xml', 'r:id="rId1"', 'r:id="rId9"'],
  ['two shapes with one id', SLIDE, SHAPE, '<p:cNvPr id="2"'],
  ['a third axis', LINE, /(<c:axId val="\d+"\/>)<\/c:lineChart>/, '$1$1</c:lineChart>'],
  ['a missing axis', BARS, /<c:axId val="\d+"\/><\/c:barChart>/, '<c:axId val="9"/></c:barChart>'],
  ['a line chart without a grouping', LINE, '<c:grouping val="standard"/>', ''],
  ['labels in a forbidden place', LINE, '<c:dLblPos val="t"/>', '<c:dLblPos val="outEnd"/>'],
  ['an unknown element', SLIDE, '<a:tblGrid>', '<a:tblStuff/><a:tblGrid>'],
  ['elements in the wrong order', SLIDE, /(<a:bodyPr[^>]*\/>)(<a:lstStyle\/>)/, '$2$1'],
  ['a missing child', SLIDE, /<p:nvPr\/>|<p:nvPr><\/p:nvPr>/, ''],
  ['an invalid colour', SLIDE, /srgbClr val="\w+"/, 'srgbClr val="white"'],
  [
    'lists of the presentation in the wrong order',
    'ppt/presentation.xml',
    /(<p:notesMasterIdLst>.*<\/p:notesMasterIdLst>)(<p:sldIdLst>.*<\/p:sldIdLst>)/,
    '$2$1',
  ],
  ['text higher than its box', LONG, / fontScale="\d+"/, ''],
  ['Hebrew from left to right', HEBREW, ' rtl="1"', ''],
  ['a number that is broken', SLIDE, /<a:gridCol w="\d+"/, '<a:gridCol w="190000"'],
  ['a table that ends below the slide', SLIDE, /<a:tr h="\d+"/, '<a:tr h="9000000"'],
  ['two slides with one id', 'ppt/presentation.xml', 'id="257"', 'id="256"'],
  ['a theme of two masters', 'ppt/notesMasters/_rels/notesMaster1.xml.rels', 'theme2', 'theme1'],
  [
    'placeholders of the notes master',
    'ppt/notesMasters/notesMaster1.xml',
    '<p:nvPr/>',
    '<p:nvPr><p:ph type="body"/></p:nvPr>',
  ],
])('notices %s', async (_, part, from, to) => {
  expect(await deckFaults(await withChange(part, from, to))).not.toEqual([])
})

test('finds nothing wrong with a correct deck', async () => {
  expect(await deckFaults(deck)).toEqual([])
})

test('finds a part that no relationship leads to', async () => {
  const zip = await JSZip.loadAsync(deck)
  zip.file('ppt/media/stray.xlsx', 'x')
  await expect(deckFaults(await zip.generateAsync({ type: 'nodebuffer' }))).rejects.toThrow()
  zip.remove('ppt/media/stray.xlsx')
  zip.file('ppt/slides/slide9.xml', '<p:sld xmlns:p="p"/>')
  expect(await deckFaults(await zip.generateAsync({ type: 'nodebuffer' }))).toContain(
    'nothing leads to ppt/slides/slide9.xml',
  )
})

test('refuses a file that is not a package or not well-formed', async () => {
  await expect(deckFaults(Buffer.from('hello'))).rejects.toThrow()
  await expect(deckFaults(await withChange(SLIDE, '<p:cSld', '<<p:cSld'))).rejects.toThrow(SLIDE)
})
