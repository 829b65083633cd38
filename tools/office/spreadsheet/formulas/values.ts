/** The values of excelts: those that its functions see while it computes, and plain ones. */

export type ErrorValue = { error: string }
/** `null` is an empty cell. */
export type Scalar = number | string | boolean | null | ErrorValue

/** The library's values; its enum of kinds is not exported. */
export type RuntimeValue =
  | { kind: 0 }
  | { kind: 1; value: number }
  | { kind: 2; value: string }
  | { kind: 3; value: boolean }
  | { kind: 4; code: string }
  | { kind: 5; rows: RuntimeValue[][]; height: number; width: number }

/** Rows of cells; a single value is one cell. */
export function cellsOf(value: RuntimeValue): Scalar[][] {
  return value.kind === 5 ? value.rows.map((row) => row.map(scalar)) : [[scalar(value)]]
}

export function scalarsOf(value: RuntimeValue): Scalar[] {
  return cellsOf(value).flat()
}

/** The value, or the first one of an array. */
export function scalar(value: RuntimeValue): Scalar {
  if (value.kind === 0) return null
  if (value.kind === 4) return { error: value.code }
  if (value.kind === 5) return value.rows[0]?.[0] ? scalar(value.rows[0][0]) : null
  return value.value
}

/** The same for each value of an array. */
export function mapValues(value: RuntimeValue, change: (value: RuntimeValue) => RuntimeValue): RuntimeValue {
  return value.kind === 5 ? { ...value, rows: value.rows.map((row) => row.map(change)) } : change(value)
}

/** A number rounded to the digits that Excel keeps. */
export function asExcelKeeps(value: number): number {
  return Number(value.toPrecision(15)) || 0
}

/** Whether the values differ, but only by rounding errors of binary fractions. */
export function nearlyEqual(a: number, b: number): boolean {
  return a !== b && Math.abs(a - b) < 1e-12 * Math.max(1, Math.abs(a), Math.abs(b))
}
