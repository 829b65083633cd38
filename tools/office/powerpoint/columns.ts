/**
 * Chooses the widths of a table's columns and the size of its text, so that no number and, if possible, no word is
 * broken.
 */
import { emsOf, widestPiece } from './measure.ts'

export interface Columns {
  fontSize: number
  /** Inches. */
  widths: number[]
  /** Inches to the left and right of a cell's text. */
  margin: number
}

const SIZES = [13, 12, 11, 10, 9]
/** Ems. A wider word may be broken if there is no other way. */
const LONG_WORD = 8
/** The maximum width in ems that a column gets for text on several lines. */
const COMFORTABLE = 28
const NUMBER = /\d/

interface Needs {
  /** The width in ems that breaks no word. */
  whole: number
  /** The width in ems that breaks no number. */
  least: number
  /** The width in ems for comfortably few lines. */
  natural: number
}

/** `rows` begins with the header. Undefined if a table of this width in inches cannot have so many columns. */
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
    // the rest is shared in proportion to the widths so far
    const stretch = room / sum(widths)
    return { fontSize, margin, widths: widths.map((inches) => inches * stretch + margin * 2) }
  }
  return undefined
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
