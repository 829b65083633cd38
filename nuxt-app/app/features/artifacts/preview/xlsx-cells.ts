/** What a cell of an Excel file shows: its value in its number format. */
import { format } from 'numfmt'
import { decodeEntities } from './office-xml'

/** Reads a cell by its type, its style and what is inside its element. */
export type CellReader = (type: string, style: number, content: string) => string

/** The number formats that a file refers to without holding them. 14 is the short date of the reader's own country. */
const builtIn = new Map<number, string>([
  [0, 'General'],
  [1, '0'],
  [2, '0.00'],
  [3, '#,##0'],
  [4, '#,##0.00'],
  [9, '0%'],
  [10, '0.00%'],
  [11, '0.00E+00'],
  [12, '# ?/?'],
  [13, '# ??/??'],
  [14, 'yyyy-mm-dd'],
  [15, 'd-mmm-yy'],
  [16, 'd-mmm'],
  [17, 'mmm-yy'],
  [18, 'h:mm AM/PM'],
  [19, 'h:mm:ss AM/PM'],
  [20, 'h:mm'],
  [21, 'h:mm:ss'],
  [22, 'yyyy-mm-dd h:mm'],
  [37, '#,##0 ;(#,##0)'],
  [38, '#,##0 ;[Red](#,##0)'],
  [39, '#,##0.00;(#,##0.00)'],
  [40, '#,##0.00;[Red](#,##0.00)'],
  [45, 'mm:ss'],
  [46, '[h]:mm:ss'],
  [47, 'mmss.0'],
  [48, '##0.0E+0'],
  [49, '@'],
])
const DAYS_TO_1904 = 1462

export function cellReader(file: { sharedStrings: string; styles: string; since1904: boolean }): CellReader {
  const texts = [...file.sharedStrings.matchAll(element('si'))].map(([, inner = '']) => richText(inner))
  const formats = formatsOf(file.styles)
  return (type, style, content) => {
    const value = textOf(content, 'v')
    if (type === 'inlineStr') return richText(content)
    if (type === 's') return texts[Number(value)] ?? ''
    if (value === '') return formulaOf(content)
    if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE'
    const number = Number(value)
    if (type === 'str' || type === 'e' || Number.isNaN(number)) return decodeEntities(value)
    return shown(formats[style] ?? 'General', number, file.since1904)
  }
}

function shown(pattern: string, number: number, since1904: boolean): string {
  const isDate = since1904 && /[ymd]/i.test(pattern.replace(/"[^"]*"|\\.|\[[^\]]*\]/g, '')) && pattern !== 'General'
  try {
    return format(pattern, isDate ? number + DAYS_TO_1904 : number).trim()
  } catch {
    // a format that Excel itself would not take
    return String(number)
  }
}

/** The number formats by style. */
function formatsOf(styles: string): string[] {
  const own = new Map<number, string>()
  for (const [tag] of styles.matchAll(/<(?:\w+:)?numFmt\b[^>]*>/g)) {
    const [, id = ''] = /\bnumFmtId="(\d+)"/.exec(tag) ?? []
    const [, code = ''] = /\bformatCode="([^"]*)"/.exec(tag) ?? []
    own.set(Number(id), decodeEntities(code))
  }
  const [, cells = ''] = element('cellXfs').exec(styles) ?? []
  return [...cells.matchAll(/<(?:\w+:)?xf\b[^>]*>/g)].map(([tag]) => {
    const id = Number(/\bnumFmtId="(\d+)"/.exec(tag)?.[1] ?? 0)
    return own.get(id) ?? builtIn.get(id) ?? 'General'
  })
}

/** A formula without a stored value: Excel computes it when the file is opened. */
function formulaOf(content: string): string {
  const formula = decodeEntities(textOf(content, 'f'))
  return formula && `=${formula.replace(/\b_xl(fn|ws|pm)\./g, '')}`
}

/** The texts of all runs, without the readings of Japanese words. */
function richText(inner: string): string {
  const runs = inner.replace(element('rPh'), '').matchAll(element('t'))
  return decodeEntities([...runs].map(([, text = '']) => text).join(''))
}

function textOf(content: string, name: string): string {
  return element(name).exec(content)?.[1] ?? ''
}

function element(name: string): RegExp {
  return new RegExp(`<(?:\\w+:)?${name}\\b(?:[^>]*[^/>])?>([\\s\\S]*?)</(?:\\w+:)?${name}>`, 'g')
}
