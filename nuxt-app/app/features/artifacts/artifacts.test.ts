import ExcelJS from 'exceljs'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import PptxGen from 'pptxgenjs'
import { expect, test } from 'vitest'
import { readCsv } from './preview/csv.ts'
import { readPptx } from './preview/pptx.ts'
import { readXlsx } from './preview/xlsx.ts'
import { MAX_PREVIEW_BYTES, previewKind } from './preview.ts'
import { typeByContent } from './type-by-content.ts'

test.each([
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a;b\r\n"x; ""y""";2',
    [
      ['a', 'b'],
      ['x; "y"', '2'],
    ],
  ],
  [
    'a\tb\n\t',
    [
      ['a', 'b'],
      ['', ''],
    ],
  ],
  ['"two\nlines",b', [['two\nlines', 'b']]],
  ['', []],
])('CSV %j', (text, rows) => expect(readCsv(text)).toEqual(rows))

test('an Excel file becomes rows of text as Excel shows them, sheet by sheet', async () => {
  const book = new ExcelJS.Workbook()
  const sheet = book.addWorksheet('Sales & more')
  sheet.addRows([
    ['Region', 'Amount', 'Share', 'Day', 'At', 'Done', 'Plain'],
    ['north', 1200.5, 0.256, new Date('2026-11-23T00:00:00Z'), new Date('2026-11-23T14:30:00Z'), true, 1200.5],
    ['all', { formula: 'B2', result: -1200.5 }, { error: '#N/A' }, new Date('2026-11-23T00:00:00Z'), null, false, 0.1],
    [{ richText: [{ text: 'two ' }, { text: '<parts>' }] }, { formula: '_xlfn.XLOOKUP(1,A:A,B:B)' }],
  ])
  sheet.getColumn(2).numFmt = '"€"#,##0.00;[Red]-"€"#,##0.00'
  sheet.getColumn(3).numFmt = '0.0%'
  sheet.getCell('D3').numFmt = 'd mmm yyyy'
  sheet.getColumn(5).numFmt = 'yyyy-mm-dd hh:mm'
  sheet.getColumn(6).numFmt = '"TRUE";"TRUE";"FALSE"'
  book.addWorksheet('Notes').getCell('B2').value = 'fine'
  book.addWorksheet('Secret', { state: 'hidden' })
  const sheets = await readXlsx(new Blob([await book.xlsx.writeBuffer()]))
  expect(sheets).toEqual([
    {
      name: 'Sales & more',
      isCut: false,
      rows: [
        ['Region', 'Amount', 'Share', 'Day', 'At', 'Done', 'Plain'],
        ['north', '€1,200.50', '25.6%', '2026-11-23', '2026-11-23 14:30', 'TRUE', '1200.5'],
        ['all', '-€1,200.50', '#N/A', '23 Nov 2026', '', 'FALSE', '0.1'],
        ['two <parts>', '=XLOOKUP(1,A:A,B:B)', '', '', '', '', ''],
      ],
    },
    {
      name: 'Notes',
      isCut: false,
      rows: [
        ['', ''],
        ['', 'fine'],
      ],
    },
  ])
})

test('an Excel file that is large or far apart is cut', async () => {
  const book = new ExcelJS.Workbook()
  book.addWorksheet('Long').addRows(Array.from({ length: 501 }, (_, i) => [i]))
  book.addWorksheet('Far').getCell('XFD1').value = 1
  book.addWorksheet('Deep').getCell('A1048576').value = 1
  const sheets = await readXlsx(new Blob([await book.xlsx.writeBuffer()]))
  expect(sheets.map(({ rows, isCut }) => [rows.length, isCut])).toEqual([
    [500, true],
    [1, true],
    [0, true],
  ])
})

test('a PowerPoint file becomes its text, slide by slide', async () => {
  const deck = new PptxGen()
  const first = deck.addSlide()
  first.addText('Q3 <sales> & more', { x: 1, y: 1 })
  first.addText([{ text: 'north', options: { breakLine: true } }, { text: 'south' }], { x: 1, y: 2 })
  first.addNotes('Say hello')
  const last = deck.addSlide()
  last.addText('The end', { x: 1, y: 1 })
  last.addText('2', { x: 1, y: 2 })
  last.slideNumber = { x: 9, y: 5 }
  const slides = await readPptx((await deck.write({ outputType: 'uint8array' })) as Uint8Array)
  expect(slides).toEqual([
    { title: 'Q3 <sales> & more', lines: ['north', 'south'], notes: 'Say hello' },
    { title: 'The end', lines: ['2'], notes: '' },
  ])
})

test('slides of a PowerPoint file come in the order in which they are shown', async () => {
  const deck = new PptxGen()
  for (const title of ['one', 'two', 'three']) deck.addSlide().addText(title, { x: 1, y: 1 })
  const files = unzipSync((await deck.write({ outputType: 'uint8array' })) as Uint8Array)
  const presentation = strFromU8(files['ppt/presentation.xml']!)
  const [first = '', second = ''] = presentation.match(/<p:sldId [^>]*>/g) ?? []
  files['ppt/presentation.xml'] = strToU8(presentation.replace(first + second, second + first))
  const slides = await readPptx(zipSync(files))
  expect(slides.map(({ title }) => title)).toEqual(['two', 'one', 'three'])
})

test('what is no office file is refused', async () => {
  await expect(readPptx(new TextEncoder().encode('hello'))).rejects.toThrow('no PowerPoint')
  await expect(readXlsx(new Blob(['hello']))).rejects.toThrow()
})

test.each([
  ['a.png', 'image/png', 'image'],
  ['a.svg', 'image/svg+xml', 'image'],
  ['a.pdf', 'application/pdf', 'pdf'],
  ['a.XLSX', 'application/octet-stream', 'xlsx'],
  ['notes.md', 'text/markdown; charset=utf-8', 'markdown'],
  ['page.html', 'text/html', 'text'],
  ['data', 'text/plain', 'text'],
  ['a.zip', 'application/zip', 'none'],
])('%s (%s) is looked at as %s', (name, content_type, kind) => {
  expect(previewKind({ name, content_type, size: 10 })).toBe(kind)
  expect(previewKind({ name, content_type, size: MAX_PREVIEW_BYTES + 1 })).toBe('none')
})

test.each([
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff\xe0', 'image/jpeg'],
  ['GIF89a', 'image/gif'],
  ['RIFF1234WEBPVP8 ', 'image/webp'],
  ['\0\0\0 ftypavif', 'image/avif'],
  ['%PDF-1.7', 'application/pdf'],
  ['<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', 'image/svg+xml'],
  ['<html><script>alert(1)</script>', 'application/octet-stream'],
  ['<?xml version="1.0"?><?xml-stylesheet href="x"?><a/>', 'application/octet-stream'],
  [' %PDF-1.7', 'application/octet-stream'],
  ['', 'application/octet-stream'],
])('the content %j is %s, whatever it is called', (content, type) => {
  expect(typeByContent(Uint8Array.from(content, (char) => char.charCodeAt(0)).buffer)).toBe(type)
})
