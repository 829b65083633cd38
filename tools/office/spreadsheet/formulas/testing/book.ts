/** The workbook for the table of formulas: its data sheets, and one row for each formula. */
import { Workbook } from '../../input.ts'
import { formulaTable } from './table.ts'

const DATA = [
  ['North', 120, '2026-01-31', 'pay now', 3, 0.1, true, 1, { formula: '1/0' }, '2026-01-31T14:30'],
  ['South', 80.5, null, 'Wait*', 1, 0.2, false, '2', { formula: 'NA()' }, '2026-02-01T00:00'],
  ['West', 95, '2026-03-31', null, 2, 0.3, true, true, { formula: '"text"&""' }, null],
  ['North', 100, null, 'a?c', 3, -0.05, null, null, { formula: '2+3' }, '2026-12-31T23:59:59'],
  ['East', 1.005, '2026-01-31', 'PAY NOW', 2, 0, false, 'x', { formula: 'IF(1=2,1,"")' }, null],
]
const STEPS = [
  [10, 1, -1000, '2026-01-01'],
  [20, 2, 300, '2026-07-01'],
  [30, 3, 300, '2027-01-01'],
  [40, 4, 300, '2027-07-01'],
  [50, 5, 300, '2028-01-01'],
  [60, 6, 300, '2028-07-01'],
]
const NAMES = [['CONCAT(1)'], ['concat(2) and more'], ['MAXIFS']]

/** Which sheet of the workbook the formulas are on. */
export const FORMULAS_SHEET = 4

/** The formula of row `n` of the table, counted from 0, is in cell B`n + 2` of that sheet. */
export function formulaBook(): Workbook {
  return Workbook.parse({
    title: 'Formulas',
    sheets: [
      {
        name: 'Data',
        columns: headers('Region', 'Amount', 'Paid on', 'Note', 'Qty', 'Rate', 'Flag', 'Mixed', 'Made', 'At'),
        rows: DATA,
      },
      { name: 'Q1 SUM(North)', columns: headers('From', 'Fee', 'Flow', 'On'), rows: STEPS },
      { name: "O'Brien & IFS(1)", columns: headers('Name'), rows: NAMES },
      {
        name: 'Formulas',
        columns: [{ header: 'Formula' }, { header: 'Value', type: 'text' }],
        rows: formulaTable.map(({ formula }) => [formula, { formula }]),
      },
    ],
  })
}

const headers = (...names: string[]) => names.map((header) => ({ header }))
