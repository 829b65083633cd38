/**
 * ROUND as in Excel and LibreOffice: it rounds the decimal digits that they keep, half away from zero. excelts rounds the
 * binary fraction.
 */
import { asExcelKeeps, mapValues, type RuntimeValue } from './values.ts'

export function roundValues(value: RuntimeValue, digits: RuntimeValue): RuntimeValue {
  const places = number(digits)
  if (typeof places !== 'number') return places
  return mapValues(value, (one) => {
    const exact = number(one)
    return typeof exact === 'number' ? { kind: 1, value: round(asExcelKeeps(exact), Math.trunc(places)) } : exact
  })
}

/** Half away from zero, by the digits with which the number is written. */
export function round(value: number, places: number): number {
  const [mantissa, exponent = '0'] = String(Math.abs(value)).split('e')
  const scaled = Math.round(Number(`${mantissa}e${Number(exponent) + places}`))
  const [digits, power = '0'] = String(scaled).split('e')
  return Math.sign(value) * Number(`${digits}e${Number(power) - places}`) || 0
}

function number(value: RuntimeValue): number | RuntimeValue {
  if (value.kind === 5) return number(value.rows[0]?.[0] ?? { kind: 0 })
  if (value.kind === 0) return 0
  if (value.kind === 4) return value
  const exact = value.kind === 2 && value.value.trim() === '' ? Number.NaN : Number(value.value)
  return Number.isFinite(exact) ? exact : { kind: 4, code: '#VALUE!' }
}
