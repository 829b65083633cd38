/** Reads the sheets of an Excel file as rows of text, as Excel shows them. */

import { decodeEntities, unzipTexts } from './office-xml'
import type { CellReader } from './xlsx-cells'

export interface Sheet {
  name: string
  rows: string[][]
  /** True when rows or columns were left out. */
  isCut: boolean
}

const MAX_ROWS = 500
const MAX_COLUMNS = 200
/** Of all parts that are read, unzipped. */
const MAX_BYTES = 200_000_000

/** Rejects when the bytes are no Excel file. The formats are loaded when they are first needed. */
export async function readXlsx(file: Blob): Promise<Sheet[]> {
  const parts = await unzipTexts(
    new Uint8Array(await file.arrayBuffer()),
    /^xl\/(workbook|sharedStrings|styles|worksheets\/[\w-]+|_rels\/workbook)\.xml(\.rels)?$/,
    MAX_BYTES,
  )
  const workbook = parts['xl/workbook.xml']
  if (workbook === undefined) throw new Error('This is no Excel file.')
  const { cellReader } = await import('./xlsx-cells')
  const read = cellReader({
    sharedStrings: parts['xl/sharedStrings.xml'] ?? '',
    styles: parts['xl/styles.xml'] ?? '',
    since1904: /<(?:\w+:)?workbookPr\b[^>]*\bdate1904="(1|true)"/.test(workbook),
  })
  return sheetParts(workbook, parts['xl/_rels/workbook.xml.rels'] ?? '').flatMap(({ name, part }) => {
    const xml = parts[part]
    return xml === undefined ? [] : [{ name, ...rowsOf(xml, read) }]
  })
}

/** The sheets that are not hidden, and the part of the file that each is in. */
function sheetParts(workbook: string, relations: string): { name: string; part: string }[] {
  const targets = new Map(
    [...relations.matchAll(/<Relationship\b[^>]*>/g)].map(([tag]) => [attribute(tag, 'Id'), attribute(tag, 'Target')]),
  )
  return [...workbook.matchAll(/<(?:\w+:)?sheet\b[^>]*>/g)].flatMap(([tag]) => {
    const target = targets.get(attribute(tag, 'r:id')) ?? ''
    if (/hidden/i.test(attribute(tag, 'state'))) return []
    return [{ name: attribute(tag, 'name'), part: target.startsWith('/') ? target.slice(1) : `xl/${target}` }]
  })
}

function rowsOf(xml: string, read: CellReader): Pick<Sheet, 'rows' | 'isCut'> {
  const rows: string[][] = []
  let isCut = false
  for (const [, tag = '', inner = ''] of xml.matchAll(/<(?:\w+:)?row\b([^>]*?)(?:\/>|>([\s\S]*?)<\/(?:\w+:)?row>)/g)) {
    const row = (Number(attribute(tag, 'r')) || rows.length + 1) - 1
    if (row >= MAX_ROWS) return { rows, isCut: true }
    while (rows.length <= row) rows.push([])
    const cells = rows[row]!
    for (const [, cell = '', content = ''] of inner.matchAll(
      /<(?:\w+:)?c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/(?:\w+:)?c>)/g,
    )) {
      const column = columnOf(attribute(cell, 'r')) ?? cells.length
      if (column >= MAX_COLUMNS) isCut = true
      else {
        while (cells.length < column) cells.push('')
        cells[column] = read(attribute(cell, 't'), Number(attribute(cell, 's')) || 0, content)
      }
    }
  }
  const width = Math.max(0, ...rows.map((row) => row.length))
  return { rows: rows.map((row) => [...row, ...Array<string>(width - row.length).fill('')]), isCut }
}

/** From 0; undefined when the cell does not tell its place. */
function columnOf(address: string): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(address)?.[0]
  if (!letters) return undefined
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

function attribute(tag: string, name: string): string {
  return decodeEntities(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
}
