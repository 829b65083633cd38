/** Finds out which projects the arguments of `npm test` select, so that only these are set up. */
import { globSync } from 'node:fs'
import { matchesGlob, relative, sep } from 'node:path'
import { type TestProject, testProjects } from './projects.ts'

/** Paths of all test files from `root`, with `/` between their parts. */
export function testFiles(root: string): string[] {
  const exclude = (path: string) => /(^|[/\\])(node_modules|\.[^/\\]+)$/.test(path)
  return globSync('**/*.test.ts', { cwd: root, exclude }).map((path) => path.split(sep).join('/'))
}

export const projectOf = (file: string): TestProject | undefined =>
  testProjects.find(({ files }) => files.some((glob) => matchesGlob(file, glob)))

/**
 * Reads `--project NAME` and words that are part of a test file's path, as vitest does. `rest` is for vitest. Throws if
 * no project has that name, or if none of the named projects has such a file.
 */
export function choose(args: string[], files: string[]): { projects: TestProject[]; rest: string[] } {
  const { names, rest } = takeProjects(args)
  const unknown = names.filter((name) => !testProjects.some((project) => project.name === name))
  if (unknown.length > 0)
    throw new Error(
      `No test project is named ${unknown.join(', ')}. There are: ${testProjects.map(({ name }) => name).join(', ')}`,
    )
  const fits = (project: TestProject) => names.length === 0 || names.includes(project.name)
  const named = pathsIn(rest).map((word) => relativePath(word))
  const meant = new Set(files.filter((file) => named.some((word) => file.includes(word))).map(projectOf))
  const projects = testProjects.filter((project) => fits(project) && (meant.size === 0 || meant.has(project)))
  if (projects.length === 0)
    throw new Error(`No test file of ${names.join(', ')} has ${named.join(' or ')} in its path`)
  return { projects, rest }
}

function takeProjects(args: string[]): { names: string[]; rest: string[] } {
  const names: string[] = []
  const rest: string[] = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!
    if (arg === '--project') names.push(args[++index] ?? '')
    else if (arg.startsWith('--project=')) names.push(arg.slice('--project='.length))
    else rest.push(arg)
  }
  return { names, rest }
}

/** A word behind an option may be its value, so it does not count as a path. At worst, too much is set up. */
const pathsIn = (args: string[]): string[] =>
  args.filter((arg, index) => !arg.startsWith('-') && !(args[index - 1] ?? '').startsWith('-'))

/** `./tests/sql/money.test.ts:12` is `tests/sql/money.test.ts`. */
const relativePath = (word: string): string => relative('.', word).split(sep).join('/').replace(/:\d+$/, '')
