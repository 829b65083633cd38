/** `npm run check:imports`: compares every import in the repository with `scripts/import-rules.ts`. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { aliases, folders, testCode } from './import-rules.ts'
import { judge } from './imports/judge.ts'
import { nuxtImports } from './imports/nuxt-imports.ts'
import { readImports, sourceFiles } from './imports/read-imports.ts'

const root = join(import.meta.dirname, '..')

/** The names of the workspaces (`@persona/contracts`) with their folders. */
function workspaces(): Record<string, string> {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] }
  const packages = workspaces.flatMap((folder) => globSync(`${folder}/package.json`, { cwd: root }))
  return Object.fromEntries(
    packages.map((file) => [JSON.parse(readFileSync(join(root, file), 'utf8')).name, dirname(file)]),
  )
}

const files = sourceFiles(root)
const imports = [
  ...readImports(root, files, { ...aliases, ...workspaces() }),
  ...nuxtImports(root, files, 'nuxt-app/app'),
]
const faults = judge(files, imports, { folders, testCode })
for (const fault of faults) console.error(fault)
if (faults.length > 0) {
  console.error(`${faults.length} imports break the rules in scripts/import-rules.ts.`)
  process.exitCode = 1
} else {
  console.log(`${imports.length} imports in ${files.length} files follow scripts/import-rules.ts.`)
}
