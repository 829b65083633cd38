/**
 * Finds the places where a test waits for a fixed time: `setTimeout` (also under another name, from
 * `node:timers/promises`), Playwright's `waitForTimeout`, and `pg_sleep` in SQL. These do not count as fixed waits:
 *
 * - a pause between two checks of a condition, in a `while`, `do` or `for (;;)` loop;
 * - a time limit: a timer inside `Promise.race`, or one whose callback only rejects;
 * - a wait with the comment `fixed wait: REASON` on its line or on the line above it.
 */
import ts from 'typescript'

export interface FixedWait {
  /** The first line is 1. */
  line: number
  /** The source text of that line. */
  text: string
}

const REASONED = /fixed wait: \S/

export function fixedWaits(source: string): FixedWait[] {
  const file = ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest, true)
  const lines = source.split('\n')
  const sleeps = namesOfSetTimeout(file)
  return descendants(file)
    .filter((node) => isWait(node, sleeps) && !isPauseOfPoll(node) && !isTimeLimit(node))
    .map((node) => file.getLineAndCharacterOfPosition(node.getStart()).line)
    .filter((line) => !REASONED.test(lines[line] ?? '') && !REASONED.test(lines[line - 1] ?? ''))
    .map((line) => ({ line: line + 1, text: (lines[line] ?? '').trim() }))
}

function descendants(node: ts.Node): ts.Node[] {
  const found = [node]
  ts.forEachChild(node, (child) => void found.push(...descendants(child)))
  return found
}

function namesOfSetTimeout(file: ts.SourceFile): Set<string> {
  const names = new Set(['setTimeout'])
  for (const node of descendants(file)) {
    if (ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === 'setTimeout') names.add(node.name.text)
  }
  return names
}

function isWait(node: ts.Node, sleeps: Set<string>): boolean {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return /\bpg_sleep\w*\(/.test(node.getText())
  if (!ts.isCallExpression(node)) return false
  const { expression } = node
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text === 'waitForTimeout'
  return ts.isIdentifier(expression) && sleeps.has(expression.text)
}

/** Whether the node is in a loop whose end depends on a condition, within the same function. */
function isPauseOfPoll(node: ts.Node): boolean {
  for (let at = node.parent; at && !ts.isFunctionLike(at); at = at.parent) {
    if (ts.isWhileStatement(at) || ts.isDoStatement(at)) return true
    if (ts.isForStatement(at) && !at.condition) return true
  }
  return false
}

function isTimeLimit(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false
  const [callback] = node.arguments
  if (callback && ts.isArrowFunction(callback) && /^reject\(/.test(callback.body.getText())) return true
  for (let at: ts.Node = node.parent; at && !ts.isStatement(at); at = at.parent) {
    if (ts.isCallExpression(at) && at.expression.getText() === 'Promise.race') return true
  }
  return false
}
