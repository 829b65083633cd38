/**
 * Values for which our engine, Excel and LibreOffice may differ: a comparison that depends on the last bit, a text that
 * Excel reads as a date, a list that is not sorted. If a formula meets such a value, its result is not stored.
 */

import { CONDITIONAL, changesLength, conditional, readsAsNumber, SIMPLE_TEXT } from './conditions.ts'
import { round } from './round.ts'
import { type CallNode, isWholeLine, type Node, nodesOf } from './syntax.ts'
import { asExcelKeeps, cellsOf, nearlyEqual, type RuntimeValue, type Scalar, scalar, scalarsOf } from './values.ts'

/** Checks the arguments. Returns true if the result is in doubt. */
export type Doubt = (args: RuntimeValue[]) => boolean

/** The check for an operator or a function. Undefined if nothing can be in doubt. */
export function doubtOf(node: Node): Doubt | undefined {
  if (node.type === 'binary') return operatorDoubt(node.operator)
  if (node.type === 'unary' || node.type === 'percent') return (args) => scalarsOf(args[0]!).some(readsAsNumber)
  if (node.type !== 'call') return undefined
  if (CATCHING.has(node.name)) return catching(node.args[0])
  if (CONDITIONAL.has(node.name)) return condition(node)
  return doubts.get(node.name)
}

const ASCII = /^[\x20-\x7e]*$/
/** The first serial number after 29 February 1900, a day that only Excel's calendar has. */
const FIRST_SURE_DAY = 61
const LAST_DAY = 2_958_465

function operatorDoubt(operator: string): Doubt | undefined {
  if (operator === '&') return (args) => args.some((arg) => scalarsOf(arg).some(writtenOtherwise))
  if (['=', '<>', '<', '>', '<=', '>='].includes(operator))
    return ([left, right]) => pairs(left!, right!).some(closeCall)
  if (operator === '+' || operator === '-') {
    const sign = operator === '+' ? -1 : 1
    return ([left, right]) =>
      pairs(left!, right!).some(([a, b]) => readsAsNumber(a) || readsAsNumber(b) || cancels(a, b, sign))
  }
  return (args) => args.some((arg) => scalarsOf(arg).some(readsAsNumber))
}

/** A value whose text may differ: TRUE, a fraction with lost digits, a long exponent. */
function writtenOtherwise(value: Scalar): boolean {
  if (typeof value === 'boolean') return true
  return typeof value === 'number' && (String(value).replace(/[-.]/g, '').length > 11 || /e/.test(String(value)))
}

function closeCall([a, b]: [Scalar, Scalar]): boolean {
  if (typeof a === 'number' && typeof b === 'number') return nearlyEqual(a, b)
  return typeof a === 'string' && typeof b === 'string' && !sameLetters(a, b)
}

/** Whether two texts sort and compare the same everywhere. */
function sameLetters(a: string, b: string): boolean {
  return a === b || (SIMPLE_TEXT.test(a) && SIMPLE_TEXT.test(b)) || (!changesLength(a) && !changesLength(b))
}

function cancels(a: Scalar, b: Scalar, sign: number): boolean {
  return nearlyEqual(Number(a), sign * Number(b))
}

function pairs(left: RuntimeValue, right: RuntimeValue): [Scalar, Scalar][] {
  const [a, b] = [cellsOf(left), cellsOf(right)]
  const [height, width] = [Math.max(a.length, b.length), Math.max(a[0]?.length ?? 0, b[0]?.length ?? 0)]
  const at = (cells: Scalar[][], row: number, column: number) => {
    const line = cells[Math.min(row, cells.length - 1)]
    return line?.[Math.min(column, line.length - 1)] ?? null
  }
  const all: [Scalar, Scalar][] = []
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) all.push([at(a, row, column), at(b, row, column)])
  }
  return all
}

/** We do not see the empty cells below the last row of a whole column, which a condition may count. */
function condition(call: CallNode): Doubt {
  const meetsEmpty = (arg: RuntimeValue) => arg.kind === 2 && /^(|=|<>.*)$/s.test(arg.value)
  const isOfWholeLines = call.args.some(isWholeLine)
  return (args) => !conditional(call.name, args) || (isOfWholeLines && args.some(meetsEmpty))
}

/** Functions that hide an error. */
const CATCHING = new Set(['IFERROR', 'ISERROR', 'ISERR', 'ISNA', 'ISNUMBER', 'ISTEXT', 'ISNONTEXT', 'ERROR.TYPE'])

/** An error may come from our engine only, except for errors of divisions, look-ups and searches in texts. */
function catching(inside: Node | undefined): Doubt {
  const sure = new Set(['#N/A', '#DIV/0!'])
  const searches =
    inside && [...nodesOf(inside)].some((node) => node.type === 'call' && /^(FIND|SEARCH)$/.test(node.name))
  if (searches) sure.add('#VALUE!')
  return ([value]) => scalarsOf(value!).some((one) => isError(one) && !sure.has(one.error))
}

const isError = (value: Scalar): value is { error: string } => typeof value === 'object' && value !== null

/** The last bit decides if the value is close to a step of the function. */
function nearStep(step: (args: RuntimeValue[]) => number, offset = 0): Doubt {
  return (args) => {
    const steps = Number(scalar(args[0]!)) / step(args) + offset
    return nearlyEqual(steps, Math.round(steps)) || readsAsNumber(scalar(args[0]!))
  }
}
const one = () => 1
const digits = (args: RuntimeValue[]) => 10 ** -numberAt(args, 1, 0)
const significance = (args: RuntimeValue[]) => Math.abs(numberAt(args, 1, 1)) || 1

function numberAt(args: RuntimeValue[], position: number, fallback: number): number {
  const value = args[position] && scalar(args[position])
  return typeof value === 'number' ? value : fallback
}

const remainder: Doubt = (args) => {
  const [value, divisor] = [numberAt(args, 0, 0), numberAt(args, 1, 1)]
  const steps = value / divisor
  const whole = Number.isInteger(value) && Number.isInteger(divisor)
  return !whole && (steps === Math.round(steps) || nearlyEqual(steps, Math.round(steps)))
}

/** Outside the days on which all calendars agree. */
function dates(...positions: number[]): Doubt {
  return (args) =>
    positions.some((position) => {
      const value = args[position] && scalar(args[position])
      return value === null || typeof value === 'string' || (typeof value === 'number' && !isSureDay(value))
    })
}
const isSureDay = (day: number) => day >= FIRST_SURE_DAY && day <= LAST_DAY

/** Arguments of text functions: programs may write a number differently, and treat some letters differently. */
function texts(test: (value: string) => boolean): Doubt {
  return (args) =>
    args.some((arg) =>
      scalarsOf(arg).some((value) => writtenOtherwise(value) || (typeof value === 'string' && test(value))),
    )
}

/** Whether some programs count a letter of it as two. */
const countsDouble = (value: string) => /[\ud800-\udfff]/.test(value)

/** The result depends on bits beyond the digits that Excel keeps. */
const rounded: Doubt = ([value, digits]) =>
  scalarsOf(value!).some((one) => {
    if (typeof one !== 'number') return readsAsNumber(one)
    const places = Number(digits && scalar(digits)) || 0
    return round(one, places) !== round(asExcelKeeps(one), places)
  })

/** The last bit decides how the digit is rounded. */
function tie(value: Scalar, places: number): boolean {
  const half = typeof value === 'number' ? Math.abs(value) * 10 ** places + 0.5 : 0
  return nearlyEqual(half, Math.round(half)) || (typeof value === 'number' && half === Math.round(half))
}

const formatted: Doubt = (args) => {
  const [value, format] = [scalar(args[0]!), String(scalar(args[1]!))]
  const isDate = /[ymdhs]/i.test(format)
  if (isDate) return typeof value !== 'number' || !isSureDay(Math.max(value, value < 1 ? FIRST_SURE_DAY : 0))
  const places = (format.split('.')[1]?.match(/0/g)?.length ?? 0) + (format.endsWith('%') ? 2 : 0)
  return typeof value === 'string' || tie(value, places)
}

/** Whether a value that is not a number counts depends on whether it is an argument or in a cell. */
const direct: Doubt = (args) => args.some(({ kind }) => kind !== 1 && kind !== 4 && kind !== 5)

/** Some programs count the text TRUE as a value. */
const logical: Doubt = (args) => args.some((arg) => arg.kind === 2)

const joined =
  (first: number): Doubt =>
  (args) =>
    args.slice(first).some((arg) => scalarsOf(arg).some(writtenOtherwise))

const ranked: Doubt = ([value, list]) => !scalarsOf(list!).includes(scalar(value!))

/** A binary search in an unsorted list finds something else in each program. */
function lookup(list: (args: RuntimeValue[]) => Scalar[], order: (args: RuntimeValue[]) => -1 | 0 | 1): Doubt {
  return (args) => {
    const wanted = scalar(args[0]!)
    const direction = order(args)
    const values = list(args).filter((value) => value !== null && !isError(value))
    if (wanted === null || isError(wanted)) return wanted === null
    if (typeof wanted === 'number' && values.some((value) => typeof value === 'number' && nearlyEqual(value, wanted))) {
      return true
    }
    return direction !== 0 && !isSorted(values, wanted, direction)
  }
}

/** Each program sorts empty cells, mixed types and letters beyond ASCII in its own order. */
const sorting: Doubt = (args) =>
  args.some((arg) => {
    const values = scalarsOf(arg)
    const isSimple = (value: Scalar) =>
      typeof value === 'number' || (typeof value === 'string' && SIMPLE_TEXT.test(value))
    const numbers = values.filter((value) => typeof value === 'number')
    return (
      arg.kind === 5 &&
      !(values.every(isSimple) && !numbers.some((value, i) => i > 0 && nearlyEqual(value, numbers[i - 1]!)))
    )
  })

function isSorted(values: Scalar[], wanted: Scalar, direction: -1 | 1): boolean {
  const same = values.filter((value) => typeof value === typeof wanted) as (number | string)[]
  if (same.length < values.length || typeof wanted === 'boolean') return false
  if (typeof wanted === 'string' && ![...same, wanted].every((value) => SIMPLE_TEXT.test(String(value)))) return false
  const keys = same.map((value) => (typeof value === 'string' ? value.toLowerCase() : value))
  const key = typeof wanted === 'string' ? wanted.toLowerCase() : wanted
  if (keys.filter((other) => other === key).length > 1) return false
  return keys.every((value, i) => i === 0 || (direction === 1 ? keys[i - 1]! <= value : keys[i - 1]! >= value))
}

/** The last argument says whether an approximate match is allowed. Without it, it is. */
const near = (position: number) => (args: RuntimeValue[]) => {
  const value = args[position] ? scalar(args[position]) : true
  return value === false || value === 0 || value === null ? 0 : 1
}

const doubts = new Map<string, Doubt>([
  ...['INT', 'EVEN', 'ODD'].map((name) => [name, nearStep(one)] as const),
  ...['TRUNC', 'ROUNDUP', 'ROUNDDOWN'].map((name) => [name, nearStep(digits)] as const),
  ...['CEILING', 'FLOOR', 'CEILING.MATH', 'FLOOR.MATH'].map((name) => [name, nearStep(significance)] as const),
  ['MROUND', nearStep(significance, 0.5)],
  ['MOD', remainder],
  ['QUOTIENT', remainder],
  ['ROUND', rounded],
  ...[
    'SUM',
    'PRODUCT',
    'SUMSQ',
    'COUNT',
    'COUNTA',
    'AVERAGE',
    'AVERAGEA',
    'MAX',
    'MIN',
    'MEDIAN',
    'STDEV',
    'STDEVP',
    'VAR',
    'VARP',
    'STDEV.S',
    'STDEV.P',
    'VAR.S',
    'VAR.P',
    'GEOMEAN',
    'HARMEAN',
    'AVEDEV',
  ].map((name) => [name, direct] as const),
  ...['CONCATENATE', 'CONCAT'].map((name) => [name, joined(0)] as const),
  ['TEXTJOIN', joined(2)],
  ...['AND', 'OR', 'XOR', 'NOT'].map((name) => [name, logical] as const),
  ...['RANK', 'RANK.EQ', 'RANK.AVG'].map((name) => [name, ranked] as const),
  ['VALUE', ([value]) => typeof scalar(value!) !== 'string' || readsAsNumber(scalar(value!))],
  ['FIXED', (args) => tie(scalar(args[0]!), numberAt(args, 1, 2))],
  ['TEXT', formatted],
  ...['LEN', 'LEFT', 'RIGHT', 'MID', 'FIND', 'SEARCH', 'REPLACE', 'UNICODE', 'SUBSTITUTE', 'TRIM', 'EXACT', 'REPT'].map(
    (name) => [name, texts(countsDouble)] as const,
  ),
  ['CODE', texts((value) => !ASCII.test(value))],
  ['CHAR', (args) => numberAt(args, 0, 0) > 126],
  ...['ISEVEN', 'ISODD'].map((name) => [name, ([value]: RuntimeValue[]) => value?.kind !== 1] as const),
  ...['UPPER', 'LOWER', 'PROPER'].map((name) => [name, texts(changesLength)] as const),
  ...['YEAR', 'MONTH', 'DAY', 'WEEKDAY', 'WEEKNUM', 'ISOWEEKNUM', 'EDATE', 'EOMONTH', 'WORKDAY'].map(
    (name) => [name, dates(0)] as const,
  ),
  ...['DAYS', 'DATEDIF', 'DAYS360', 'YEARFRAC', 'NETWORKDAYS'].map((name) => [name, dates(0, 1)] as const),
  ...['HOUR', 'MINUTE', 'SECOND'].map(
    (name) => [name, ([time]: RuntimeValue[]) => scalar(time!) === null || typeof scalar(time!) === 'string'] as const,
  ),
  ['DATE', (args) => numberAt(args, 0, 0) < 1901 || numberAt(args, 0, 0) > 9998],
  ...['XLOOKUP', 'XMATCH'].map(
    (name) =>
      [
        name,
        lookup(
          (args) => scalarsOf(args[1]!),
          () => 0,
        ),
      ] as const,
  ),
  ...['UNIQUE', 'SORT', 'SORTBY'].map((name) => [name, sorting] as const),
  ['VLOOKUP', lookup((args) => cellsOf(args[1]!).map((row) => row[0] ?? null), near(3))],
  ['HLOOKUP', lookup((args) => cellsOf(args[1]!)[0] ?? [], near(3))],
  [
    'MATCH',
    lookup(
      (args) => scalarsOf(args[1]!),
      (args) => Math.sign(numberAt(args, 2, args[2] ? 0 : 1)) as -1 | 0 | 1,
    ),
  ],
  [
    'LOOKUP',
    lookup(
      (args) => scalarsOf(args[1]!),
      () => 1,
    ),
  ],
])
