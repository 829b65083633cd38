/** Exact arithmetic on fractions, so that 0.1 + 0.2 is 0.3. */

export interface Fraction {
  top: bigint
  bottom: bigint
}

const MAX_DIGITS = 60
const MAX_POWER = 64

/** The value of a sum with + - * / ^, brackets and `sqrt`; null if it is none, or has no value of a bearable size. */
export function calculate(text: string): Fraction | null {
  const tokens = text.match(/\d+(?:\.\d+)?|sqrt|[-+*/^()]/g) ?? []
  if (tokens.join('') !== text.replace(/\s/g, '')) return null
  const reader = { tokens, at: 0 }
  try {
    const value = sumOf(reader)
    return reader.at === tokens.length ? value : null
  } catch {
    return null
  }
}

export function toNumber({ top, bottom }: Fraction): number {
  const whole = top / bottom
  return Number(whole) + Number(((top % bottom) * 10n ** 15n) / bottom) / 1e15
}

interface Reader {
  tokens: string[]
  at: number
}

class NoValue extends Error {}

const take = (reader: Reader, ...signs: string[]) =>
  signs.includes(reader.tokens[reader.at] ?? '') ? reader.tokens[reader.at++]! : undefined

function sumOf(reader: Reader): Fraction {
  let value = productOf(reader)
  for (let sign = take(reader, '+', '-'); sign; sign = take(reader, '+', '-')) {
    const other = productOf(reader)
    const top =
      sign === '+'
        ? value.top * other.bottom + other.top * value.bottom
        : value.top * other.bottom - other.top * value.bottom
    value = reduced(top, value.bottom * other.bottom)
  }
  return value
}

function productOf(reader: Reader): Fraction {
  let value = powerOf(reader)
  for (let sign = take(reader, '*', '/'); sign; sign = take(reader, '*', '/')) {
    const other = powerOf(reader)
    value =
      sign === '*'
        ? reduced(value.top * other.top, value.bottom * other.bottom)
        : reduced(value.top * other.bottom, value.bottom * other.top)
  }
  return value
}

function powerOf(reader: Reader): Fraction {
  const base = factorIn(reader)
  if (!take(reader, '^')) return base
  const { top, bottom } = powerOf(reader)
  if (bottom !== 1n || top < 0n || top > MAX_POWER) throw new NoValue()
  return reduced(base.top ** top, base.bottom ** top)
}

function factorIn(reader: Reader): Fraction {
  if (take(reader, '-')) {
    const { top, bottom } = powerOf(reader)
    return { top: -top, bottom }
  }
  if (take(reader, 'sqrt')) return parse(Math.sqrt(toNumber(factorIn(reader))).toFixed(12))
  if (take(reader, '(')) {
    const value = sumOf(reader)
    if (!take(reader, ')')) throw new NoValue()
    return value
  }
  return parse(reader.tokens[reader.at++] ?? '')
}

function parse(digits: string): Fraction {
  const [whole = '', decimals = ''] = digits.split('.')
  if (!/^\d+$/.test(whole)) throw new NoValue()
  return reduced(BigInt(whole + decimals), 10n ** BigInt(decimals.length))
}

function reduced(top: bigint, bottom: bigint): Fraction {
  if (bottom === 0n || `${top}${bottom}`.length > 2 * MAX_DIGITS) throw new NoValue()
  let [a, b] = [top < 0n ? -top : top, bottom < 0n ? -bottom : bottom]
  while (b) [a, b] = [b, a % b]
  const sign = bottom < 0n ? -1n : 1n
  return { top: (sign * top) / (a || 1n), bottom: (sign * bottom) / (a || 1n) }
}
