/** Which formulas may stand in a workbook, and how they are written into the file. */
import { ToolError } from '../../../contracts/tool-errors.ts'

/** They fetch from elsewhere or start programs: a way for data to leave, or for code to come in. */
const REACHING_OUT =
  /\b(WEBSERVICE|FILTERXML|HYPERLINK|IMAGE|RTD|DDE|CALL|EXEC|REGISTER(\.ID)?|SQL\.REQUEST|IMPORT\w*|GOOGLE\w*|STOCKHISTORY|PY|CUBE\w*)\s*\(/i
/** They spill over more cells than one, which this file format needs marks for that we do not write. */
const SPILLING = /\b(FILTER|SORT|SORTBY|UNIQUE|SEQUENCE|RANDARRAY|LET|LAMBDA|MAP|REDUCE|VSTACK|HSTACK|TEXTSPLIT)\s*\(/i
/** Functions younger than the file format carry a prefix in the file. */
const YOUNGER =
  /\b(IFS|SWITCH|CONCAT|TEXTJOIN|MAXIFS|MINIFS|XLOOKUP|XMATCH|IFNA|DAYS|STDEV\.[SP]|VAR\.[SP]|RANK\.(?:EQ|AVG))(?=\s*\()/gi

/** Without the leading "=". Throws `invalid_input` for a formula that may not stand in a workbook. */
export function acceptFormula(formula: string, where: string): string {
  const bare = formula.trim().replace(/^=\s*/, '')
  const refuse = (why: string) =>
    new ToolError('invalid_input', `The formula of ${where}, "${bare.slice(0, 200)}", ${why}`)
  const code = bare.replace(/"(?:[^"]|"")*"/g, '""').replace(/'(?:[^']|'')*'/g, "''")
  const found = code.match(REACHING_OUT) ?? code.match(SPILLING)
  if (found) throw refuse(`uses ${found[0].replace(/\s*\($/, '')}, which may not stand in a workbook.`)
  if (/[|[\]{}#@]/.test(code)) throw refuse('refers to another file, a table or an array; refer to cells, e.g. B2:B9.')
  return bare
}

/** The formula as it stands in the file. */
export function storedFormula(formula: string): string {
  return formula
    .split(/("(?:[^"]|"")*")/)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(YOUNGER, (name) => `_xlfn.${name.toUpperCase()}`)))
    .join('')
}
