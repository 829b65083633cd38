import { expect, test } from 'vitest'
import { Workbook } from '../input.ts'
import { buildWorkbook } from '../workbook.ts'
import { FORMULAS_SHEET, formulaBook } from './testing/book.ts'
import { sameValue, storedValues } from './testing/stored-values.ts'
import { formulaTable } from './testing/table.ts'

test('a stored result is right or missing', async () => {
  const { data } = await buildWorkbook(formulaBook())
  const stored = await storedValues(data, FORMULAS_SHEET)
  const wrong = formulaTable.flatMap(({ formula, value }, i) => {
    const ours = stored.get(`B${i + 2}`)
    return ours === undefined || sameValue(ours, value) ? [] : [{ formula, ours, value }]
  })
  expect(wrong).toEqual([])
  const count = formulaTable.filter((_, i) => stored.get(`B${i + 2}`) !== undefined).length
  expect(count).toBeGreaterThan(980)
})

test('more formulas than excelts keeps at once, and running sums, are all computed', async () => {
  const rows = Array.from({ length: 1100 }, (_, i) => [i])
  const doubles = Array.from({ length: 10 }, (_, i) => ({ header: `Times ${i}`, formula: `A{row}*${i}` }))
  const columns = [{ header: 'N' }, { header: 'Sum', formula: 'SUM(A$2:A{row})' }, ...doubles]
  const { data, warnings } = await buildWorkbook(
    Workbook.parse({ title: 'Large', sheets: [{ name: 'S', columns, rows }] }),
  )
  const stored = await storedValues(data, 1)
  expect(warnings).toEqual([])
  expect([stored.size, stored.get('B1101'), stored.get('L1101')]).toEqual([12_100, (1099 * 1100) / 2, 1099 * 9])
})
