import { expect, test } from 'vitest'
import { buildWorkbook } from '../workbook.ts'
import { FORMULAS_SHEET, formulaBook } from './testing/book.ts'
import { recalculated } from './testing/libreoffice.ts'
import { sameValue, storedValues } from './testing/stored-values.ts'
import { formulaTable } from './testing/table.ts'

// one start of LibreOffice takes up to a minute on a busy machine
test('LibreOffice calculates the values in the table of formulas', { timeout: 240_000 }, async () => {
  const { data } = await buildWorkbook(formulaBook())
  const calculated = await storedValues(await recalculated(data), FORMULAS_SHEET)
  const rows = formulaTable.map((row, i) => ({ ...row, libreoffice: calculated.get(`B${i + 2}`) }))
  const asked = rows.filter(({ source }) => source === undefined)
  expect(asked.length).toBeGreaterThan(1000)
  expect(asked.filter(({ value, libreoffice }) => !sameValue(value, libreoffice ?? ''))).toEqual([])
})
