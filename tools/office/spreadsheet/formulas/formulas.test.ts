import { expect, test } from 'vitest'
import { buildWorkbook } from '../workbook.ts'
import { FORMULAS_SHEET, formulaBook } from './testing/book.ts'
import { sameValue, storedValues } from './testing/stored-values.ts'
import { formulaTable } from './testing/table.ts'

test('a stored result is right or is not there', async () => {
  const { data } = await buildWorkbook(formulaBook())
  const stored = await storedValues(data, FORMULAS_SHEET)
  const wrong = formulaTable.flatMap(({ formula, value }, i) => {
    const ours = stored.get(`B${i + 2}`)
    return ours === undefined || sameValue(ours, value) ? [] : [{ formula, ours, value }]
  })
  expect(wrong).toEqual([])
  const count = formulaTable.filter((_, i) => stored.get(`B${i + 2}`) !== undefined).length
  expect(count).toBeGreaterThan(850)
})
