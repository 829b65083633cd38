/**
 * `npm run check:indexing`: refuses code that looks up a property of an object by an arbitrary string. The string may
 * come from outside and name an inherited property (`constructor`, `__proto__`). Use a Map, or `ownValue` of
 * contracts/own-value.ts. A string whose type lists its possible values is fine.
 */
import { relative } from 'node:path'
import ts from 'typescript'

const root = `${import.meta.dirname}/..`
/** Tests and benchmarks choose their own strings. */
const EXEMPT = /\.test\.ts$|\/(tests|bench|node_modules)\/|\/contracts\/own-value\.ts$|\/vitest\.config\.ts$/

function loadProgram(): ts.Program {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} }
  const config = ts.getParsedCommandLineOfConfigFile(`${root}/tsconfig.json`, {}, host)
  if (!config) throw new Error('tsconfig.json cannot be read.')
  return ts.createProgram(config.fileNames, config.options)
}

function isIndexedByText(node: ts.ElementAccessExpression, checker: ts.TypeChecker): boolean {
  if (node.expression.getText() === 'process.env') return false
  const key = checker.getTypeAtLocation(node.argumentExpression)
  const record = checker.getTypeAtLocation(node.expression)
  return (key.flags & ts.TypeFlags.String) !== 0 && !checker.isArrayLikeType(record)
}

function* faultsOf(file: ts.SourceFile, checker: ts.TypeChecker): Generator<string> {
  const pending: ts.Node[] = [file]
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (ts.isElementAccessExpression(node) && isIndexedByText(node, checker)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart())
      yield `${relative(root, file.fileName)}:${line + 1}: ${node.getText()}`
    }
    ts.forEachChild(node, (child) => void pending.push(child))
  }
}

const program = loadProgram()
const checker = program.getTypeChecker()
const files = program.getSourceFiles().filter(({ fileName }) => !EXEMPT.test(fileName))
const faults = files.flatMap((file) => [...faultsOf(file, checker)])
if (faults.length > 0) {
  console.error(`${faults.join('\n')}\nUse a Map, or ownValue of contracts/own-value.ts.`)
  process.exit(1)
}
