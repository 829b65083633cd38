/** Decides which formulas are allowed in a workbook, and how they are written into the file. */
import { prefixOf } from './functions.ts'
import { refusal } from './grid.ts'

/** These functions fetch data or start programs, so they could leak data or bring in code. */
const REACHING_OUT =
  /(?<![\w.])(WEBSERVICE|FILTERXML|HYPERLINK|IMAGE|RTD|DDE|CALL|EXEC|REGISTER(\.ID)?|SQL\.REQUEST|IMPORT\w*|GOOGLE\w*|STOCKHISTORY|TRANSLATE|DETECTLANGUAGE|COPILOT|PY|CUBE\w*)\s*\(/i
/** Texts and names of sheets, which contain no functions. */
const QUOTED = /("(?:[^"]|"")*"|'(?:[^']|'')*')/
const FUNCTION = /(?<![\w.!])[A-Z][A-Z0-9.]*(?=\s*\()/gi
const NAME = /(?<![\p{L}\w.!$])[\p{L}_][\p{L}\w.]*(?![\p{L}\w.!(])/gu
/** Excel allows no space between a function and its arguments. After a cell, a space means an intersection. */
const GAP_BEFORE_PARENTHESIS = /(?<=(?<![\w.])(?![A-Z]{1,3}\d)[A-Z][\w.]*)\s+(?=\()/gi
const FILE_PREFIX = /\b_xl(?:fn|ws|pm|udf)\./gi

/**
 * The formula as people write it, without "=" and prefixes. Throws `invalid_input` if it uses anything outside the
 * workbook.
 */
export function acceptFormula(formula: string, where: string): string {
  const bare = formula.trim().replace(/^=\s*/, '')
  const refuse = (why: string) => refusal(where, bare, why)
  const plain = outsideQuotes(bare, (code) => code.replace(FILE_PREFIX, '').replace(GAP_BEFORE_PARENTHESIS, ''))
  const code = plain.replace(new RegExp(QUOTED, 'g'), (quoted) => quoted[0]! + quoted[0])
  const found = code.match(REACHING_OUT)
  if (found) throw refuse(`uses ${found[0].replace(/\s*\($/, '')}, which may not stand in a workbook.`)
  if (/[|[\]#@]/.test(code))
    throw refuse('refers to another file, a table or a spilled range; refer to cells, e.g. B2:B9.')
  return plain
}

/**
 * The formula as it is written in the file. Functions that are newer than the format have their prefix, and so do the
 * names that LET and LAMBDA define.
 */
export function storedFormula(formula: string, ownNames: Set<string>): string {
  return outsideQuotes(formula, (code) =>
    code
      .replace(FUNCTION, (name) => prefixOf(name.toUpperCase()) + name.toUpperCase())
      .replace(NAME, (name) => (ownNames.has(name.toUpperCase()) ? `_xlpm.${name}` : name)),
  )
}

function outsideQuotes(formula: string, change: (code: string) => string): string {
  return formula
    .split(QUOTED)
    .map((part, i) => (i % 2 === 1 ? part : change(part)))
    .join('')
}
