/** The stored values of a sheet's formulas. We read the file ourselves, because exceljs drops 0 and FALSE. */
import { SaxesParser } from 'saxes'
import { xmlParts } from '../../../../testing/office-parts.ts'

export type StoredValue = number | string | boolean | { error: string } | undefined

/** The values by address, undefined for a formula without one. `number` is the number of the sheet, from 1. */
export async function storedValues(file: Uint8Array, number: number): Promise<Map<string, StoredValue>> {
  const parts = await xmlParts(Buffer.from(file))
  const values = new Map<string, StoredValue>()
  const parser = new SaxesParser()
  let cell = { address: '', type: '', isFormula: false, text: '' }
  let inValue = false
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'c')
      cell = { address: String(attributes.r), type: String(attributes.t ?? 'n'), isFormula: false, text: '' }
    if (name === 'f') cell.isFormula = true
    inValue = name === 'v'
  })
  parser.on('text', (text) => {
    if (inValue) cell.text += text
  })
  parser.on('closetag', ({ name }) => {
    inValue = false
    if (name === 'c' && cell.isFormula) values.set(cell.address, storedValue(cell.type, cell.text))
  })
  parser.write(parts.get(`xl/worksheets/sheet${number}.xml`)!).close()
  return values
}

/** Whether the values are equal except for the last digits, in which programs differ. */
export function sameValue(a: StoredValue, b: StoredValue): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return JSON.stringify(a) === JSON.stringify(b)
  return Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b))
}

function storedValue(type: string, text: string): StoredValue {
  if (type === 'str') return text
  if (text === '') return undefined
  if (type === 'b') return text === '1'
  return type === 'e' ? { error: text } : Number(text)
}
