/** How wide a table's columns are, and how large its text: so that no number and, where possible, no word is broken. */
import { emsOf, widestPiece } from './measure.ts'

export interface Columns {
  fontSize: number
  /** Inches. */
  widths: number[]
  /** Inches left and right of a cell's text. */
  margin: number
}

const SIZES = [13, 12, 11, 10, 9]
/** Ems: a word that is wider may be broken when there is no other way. */
const LONG_WORD = 8
/** Ems that a column is given at most for text that runs over several lines. */
const COMFORTABLE = 28
const NUMBER = /\d/

interface Needs {
  /** Ems, with all words whole. */
  whole: number
  /** Ems, with all numbers whole. */
  least: number
  /** Ems, on as few lines as is comfortable. */
  natural: number
}

/** `rows`: the header first. Undefined when there are more columns than a table of this width in inches can have. */
export function planColumns(rows: string[][], width: number): Columns | undefined {
  const needs = (rows[0] ?? []).map((_, i) => needsOf(rows.map((row) => row[i] ?? '')))
  return fit(needs, width, 'whole') ?? fit(needs, width, 'least')
}

function needsOf([header = '', ...cells]: string[]): Needs {
  const needs = { whole: 1, least: 1, natural: 1 }
  for (const [text, style] of [[header, 'bold'] as const, ...cells.map((cell) => [cell, 'regular'] as const)]) {
    const widest = widestPiece(text, style)
    needs.whole = Math.max(needs.whole, widest)
    needs.least = Math.max(needs.least, NUMBER.test(text) ? widest : Math.min(widest, LONG_WORD))
    const line = Math.max(...text.split('\n').map((part) => emsOf(part, style)))
    needs.natural = Math.max(needs.natural, Math.min(line, COMFORTABLE))
  }
  return { ...needs, natural: Math.max(needs.natural, needs.whole) }
}

function fit(needs: Needs[], width: number, kept: 'whole' | 'least'): Columns | undefined {
  for (const fontSize of SIZES) {
    const margin = fontSize >= 12 ? 0.1 : 0.05
    const room = width - needs.length * margin * 2
    const least = needs.map((need) => (need[kept] * fontSize) / 72)
    const spare = room - sum(least)
    if (spare < 0) continue
    const wishes = needs.map((need, i) => Math.max(0, (need.natural * fontSize) / 72 - least[i]!))
    const share = sum(wishes) > spare ? spare / sum(wishes) : 1
    const widths = least.map((inches, i) => inches + wishes[i]! * share)
    // What nobody wishes for is shared by what each has.
    const stretch = room / sum(widths)
    return { fontSize, margin, widths: widths.map((inches) => inches * stretch + margin * 2) }
  }
  return undefined
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
