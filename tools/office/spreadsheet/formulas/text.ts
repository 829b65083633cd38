/** Which formulas may stand in a workbook, and how they are written into the file. */
import { prefixOf } from './functions.ts'
import { refusal } from './grid.ts'

/** They fetch from elsewhere or start programs: a way for data to leave, or for code to come in. */
const REACHING_OUT =
  /(?<![\w.])(WEBSERVICE|FILTERXML|HYPERLINK|IMAGE|RTD|DDE|CALL|EXEC|REGISTER(\.ID)?|SQL\.REQUEST|IMPORT\w*|GOOGLE\w*|STOCKHISTORY|TRANSLATE|DETECTLANGUAGE|COPILOT|PY|CUBE\w*)\s*\(/i
/** Texts and names of sheets, in which nothing is a function. */
const QUOTED = /("(?:[^"]|"")*"|'(?:[^']|'')*')/
const FUNCTION = /(?<![\w.!])[A-Z][A-Z0-9.]*(?=\s*\()/gi
const NAME = /(?<![\p{L}\w.!$])[\p{L}_][\p{L}\w.]*(?![\p{L}\w.!(])/gu
/** Excel takes no space between a function and its arguments. After a cell, a space stands for the cells in common. */
const GAP_BEFORE_PARENTHESIS = /(?<=(?<![\w.])(?![A-Z]{1,3}\d)[A-Z][\w.]*)\s+(?=\()/gi
const FILE_PREFIX = /\b_xl(?:fn|ws|pm|udf)\./gi

/** As people write it: without "=" and without the prefixes of the file. Throws `invalid_input` for what reaches out. */
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
 * The formula as it stands in the file: functions that are younger than the format carry their prefix, and so do the names
 * that LET and LAMBDA give.
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
