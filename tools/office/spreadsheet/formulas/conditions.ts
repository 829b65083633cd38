/**
 * COUNTIF, SUMIF and similar functions. excelts treats empty cells as 0 here, has no wildcards after `<>`, and uses
 * only the first of several conditions, so we have our own. A result is undefined if Excel and LibreOffice differ.
 */
import { cellsOf, nearlyEqual, type RuntimeValue, type Scalar, scalar } from './values.ts'

export const CONDITIONAL = new Set([
  'COUNTIF',
  'SUMIF',
  'AVERAGEIF',
  'COUNTIFS',
  'SUMIFS',
  'AVERAGEIFS',
  'MAXIFS',
  'MINIFS',
])

/** The result of one of these functions. */
export function conditional(name: string, args: RuntimeValue[]): RuntimeValue | undefined {
  if (name.endsWith('IFS')) {
    return aggregate(name.slice(0, -3), args[0]!, pairsOf(name === 'COUNTIFS' ? args : args.slice(1)))
  }
  const [range, condition, summed = range] = args
  if (condition!.kind !== 5) return aggregate(name.slice(0, -2), summed!, [[range!, scalar(condition!)]])
  const rows = cellsOf(condition!).map((row) =>
    row.map((one) => aggregate(name.slice(0, -2), summed!, [[range!, one]])),
  )
  return rows.flat().includes(undefined) ? undefined : { ...condition!, rows: rows as RuntimeValue[][] }
}

type Pair = [range: RuntimeValue, condition: Scalar]

function pairsOf(args: RuntimeValue[]): Pair[] {
  return Array.from({ length: args.length / 2 }, (_, i) => [args[2 * i]!, scalar(args[2 * i + 1]!)])
}

function aggregate(kind: string, summed: RuntimeValue, pairs: Pair[]): RuntimeValue | undefined {
  const values = cellsOf(summed)
  const sameShape = (range: Scalar[][]) => range.length === values.length && range[0]?.length === values[0]?.length
  const meets = values.map((row) => row.map(() => true))
  for (const [range, condition] of pairs) {
    const cells = cellsOf(range)
    if (!sameShape(cells)) return undefined
    const test = conditionTest(condition)
    for (const [r, row] of cells.entries()) {
      for (const [c, cell] of row.entries()) {
        const answer = test?.(cell)
        if (answer === undefined) return undefined
        if (!answer) meets[r]![c] = false
      }
    }
  }
  const chosen = values.flatMap((row, r) => row.filter((_, c) => meets[r]![c]))
  return kind === 'COUNT' ? number(chosen.length) : overNumbers(kind, chosen)
}

const number = (value: number): RuntimeValue => ({ kind: 1, value })

function overNumbers(kind: string, chosen: Scalar[]): RuntimeValue | undefined {
  // an error among the values becomes the result, and LibreOffice counts TRUE
  if (chosen.some((value) => typeof value === 'boolean' || (typeof value === 'object' && value !== null)))
    return undefined
  const numbers = chosen.filter((value) => typeof value === 'number')
  const sum = numbers.reduce((a, b) => a + b, 0)
  if (kind === 'SUM') return number(sum)
  if (kind === 'AVERAGE') return numbers.length > 0 ? number(sum / numbers.length) : { kind: 4, code: '#DIV/0!' }
  const best = kind === 'MAX' ? Math.max : Math.min
  return number(numbers.reduce((a, b) => best(a, b), numbers[0] ?? 0))
}

/** Whether a cell meets the condition. Undefined if that is in doubt. */
type Test = (cell: Scalar) => boolean | undefined

function conditionTest(condition: Scalar): Test | undefined {
  if (condition === null) return numberTest('', 0)
  if (typeof condition === 'number') return numberTest('', condition)
  if (typeof condition === 'boolean') return booleanTest(condition)
  if (typeof condition !== 'string' || condition.length > 255) return undefined
  const [, operator = '', wanted = ''] = /^(<>|<=|>=|<|>|=)?(.*)$/s.exec(condition)!
  if (wanted === '') return emptyTest(operator)
  if (isPlainNumber(wanted)) return numberTest(operator, Number(wanted))
  if (/^(true|false|#.*)$/i.test(wanted) || readsAsNumber(wanted) || changesLength(wanted)) return undefined
  return /^[<>]=?$/.test(operator) ? orderTest(operator, wanted) : wildcardTest(operator, wanted)
}

/** Longer texts are not numbers, and would make the patterns slow. */
const LONGEST_NUMBER = 40
const PLAIN_NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i
const NUMBER_LIKE = /^\s*[-+(]?\s*[$€£¥]?\s*\d[\d\s.,:/%-]*([ap]m|e[-+]?\d+|[$€£¥)])?\s*$/i
const MONTH_LIKE = /^\s*(\d{1,4}[\s.-]*)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s.,-]*\d{0,4}\s*$/i

/** A text in which Excel may see a number, date or time where we see none. */
export function readsAsNumber(value: Scalar): boolean {
  if (typeof value !== 'string' || value.length > LONGEST_NUMBER || isPlainNumber(value)) return false
  return NUMBER_LIKE.test(value) || MONTH_LIKE.test(value)
}

export function isPlainNumber(value: string): boolean {
  return value.length <= LONGEST_NUMBER && PLAIN_NUMBER.test(value)
}

/** Whether the number of letters changes in capitals or small letters, as with ß. */
export function changesLength(value: string): boolean {
  return value.toUpperCase().length !== value.length || value.toLowerCase().length !== value.length
}

/** A text with only letters that every program sorts in the same way. */
export const SIMPLE_TEXT = /^[a-z0-9 ]*$/i

function numberTest(operator: string, wanted: number): Test {
  return (cell) => {
    // in Excel, a text of digits can meet a condition on numbers
    if (typeof cell === 'string') return isPlainNumber(cell) || readsAsNumber(cell) ? undefined : operator === '<>'
    if (typeof cell === 'boolean') return [0, 1].includes(wanted) ? undefined : operator === '<>'
    if (typeof cell !== 'number') return operator === '<>'
    return nearlyEqual(cell, wanted) ? undefined : compare(operator, cell - wanted)
  }
}

function compare(operator: string, difference: number): boolean {
  if (operator === '<') return difference < 0
  if (operator === '<=') return difference <= 0
  if (operator === '>') return difference > 0
  if (operator === '>=') return difference >= 0
  return operator === '<>' ? difference !== 0 : difference === 0
}

function booleanTest(wanted: boolean): Test {
  return (cell) => {
    if (typeof cell === 'string') return /^(true|false)$/i.test(cell) ? undefined : false
    return cell === 0 || cell === 1 ? undefined : cell === wanted
  }
}

/** "" is met by empty cells and empty texts, "=" by empty cells, "<>" by all others. */
function emptyTest(operator: string): Test | undefined {
  if (operator === '') return (cell) => cell === null || cell === ''
  if (operator === '=') return (cell) => (cell === '' ? undefined : cell === null)
  return operator === '<>' ? (cell) => (cell === '' ? undefined : cell !== null) : undefined
}

function orderTest(operator: string, wanted: string): Test | undefined {
  if (!SIMPLE_TEXT.test(wanted)) return undefined
  return (cell) => {
    if (typeof cell !== 'string') return false
    if (!SIMPLE_TEXT.test(cell)) return undefined
    const [a, b] = [cell.toLowerCase(), wanted.toLowerCase()]
    return compare(operator, a < b ? -1 : a > b ? 1 : 0)
  }
}

function wildcardTest(operator: string, wanted: string): Test {
  const pattern = patternOf(wanted.toLowerCase())
  return (cell) => {
    if (typeof cell !== 'string') {
      // Excel does not match a number as text; LibreOffice may
      const fitsSomewhere = cell !== null && /[*?]/.test(wanted) && fits(String(cell).toLowerCase(), pattern)
      return fitsSomewhere ? undefined : operator === '<>'
    }
    if (changesLength(cell)) return undefined
    return fits(cell.toLowerCase(), pattern) !== (operator === '<>')
  }
}

const ANY = Symbol('any text')
const ONE = Symbol('any character')
type Pattern = (string | typeof ANY | typeof ONE)[]

/** `~` before `*`, `?` and `~` makes them ordinary characters. */
function patternOf(wanted: string): Pattern {
  return [...wanted.matchAll(/~([*?~])|([\s\S])/g)].map(([, literal, char]) => {
    if (literal !== undefined) return literal
    return char === '*' ? ANY : char === '?' ? ONE : char!
  })
}

/** Runs in linear time for every pattern, except for the text between the last two `*`. */
function fits(text: string, pattern: Pattern): boolean {
  let [at, next, star, from] = [0, 0, -1, 0]
  while (at < text.length) {
    if (next < pattern.length && (pattern[next] === ONE || pattern[next] === text[at])) {
      at++
      next++
    } else if (pattern[next] === ANY) {
      star = next++
      from = at
    } else if (star >= 0) {
      next = star + 1
      at = ++from
    } else return false
  }
  return pattern.slice(next).every((part) => part === ANY)
}
