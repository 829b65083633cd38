/** Parses `filter` of postgres_changes: `status=eq.open,amount=not.in.(1,2)`. A row must match all conditions. */
import { MAX_FILTER_LENGTH, MAX_FILTERS, MAX_REGEX_LENGTH } from './limits.ts'

export interface Filter {
  column: string
  operator: string
  value: string
  negate: boolean
}

export class FilterError extends Error {}

const OPERATORS = new Set('eq neq lt lte gt gte in like ilike is match imatch isdistinct'.split(' '))
const REGEX_OPERATORS = new Set(['match', 'imatch'])

/** Throws FilterError with a message for the client. */
export function parseFilters(text: string): Filter[] {
  if (text.trim() === '') return []
  if (text.length > MAX_FILTER_LENGTH) throw new FilterError(`filter must not be longer than ${MAX_FILTER_LENGTH}`)
  const segments = splitTopLevel(text)
  if (segments.length > MAX_FILTERS) throw new FilterError(`filter must not have more than ${MAX_FILTERS} conditions`)
  const filters = segments.map(parseFilter)
  for (const filter of filters) if (REGEX_OPERATORS.has(filter.operator)) assertCheapRegex(filter.value)
  return filters
}

function assertCheapRegex(pattern: string): void {
  if (pattern.length > MAX_REGEX_LENGTH) throw new FilterError(`a pattern must not be longer than ${MAX_REGEX_LENGTH}`)
  if (/\\[1-9]/.test(pattern)) throw new FilterError('a pattern must not have back references')
  if (/\{[^}]*\d{3}/.test(pattern)) throw new FilterError('a pattern must not repeat more than 99 times')
}

function parseFilter(segment: string): Filter {
  const text = segment.trim()
  if (text === '') throw new FilterError('filter must not contain empty segments (check for extra commas)')
  const equals = text.indexOf('=')
  if (equals < 0) throw new FilterError(JSON.stringify([text]))
  const negate = text.startsWith('not.', equals + 1)
  const condition = text.slice(equals + (negate ? 5 : 1))
  const dot = condition.indexOf('.')
  const operator = dot < 0 ? condition : condition.slice(0, dot)
  const value = dot < 0 ? '' : condition.slice(dot + 1)
  if (dot < 0 || !OPERATORS.has(operator)) throw new FilterError(JSON.stringify([operator, value]))
  return {
    column: text.slice(0, equals),
    operator,
    negate,
    value: operator === 'in' ? listValue(value) : unquote(value),
  }
}

/** Turns `(a,"b,c")` into PostgreSQL's array literal, which has the same quoting. */
function listValue(value: string): string {
  if (!value.startsWith('(') || !value.endsWith(')') || value.length < 2) {
    throw new FilterError('`in` filter value must be wrapped by parentheses')
  }
  return `{${value.slice(1, -1)}}`
}

function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(value)
  return quoted ? quoted[1]!.replace(/\\(.)/gs, '$1') : value
}

/** Splits at commas outside of parentheses and quotes. A quote opens only at the start of a value. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = []
  let start = 0
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (quoted) {
      if (char === '\\') i++
      else if (char === '"') quoted = false
    } else if (char === '"' && i > 0 && '.(,'.includes(text[i - 1]!)) quoted = true
    else if (char === '(') depth++
    else if (char === ')') depth = Math.max(0, depth - 1)
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
