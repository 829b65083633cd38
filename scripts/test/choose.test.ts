import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createVitest } from 'vitest/node'
import { choose, projectOf, testFiles } from './choose.ts'
import { testProjects } from './projects.ts'

const root = join(import.meta.dirname, '../..')
const files = [
  'contracts/errors.test.ts',
  'executor/sandbox/docker.test.ts',
  'executor/runs/run.database.test.ts',
  'tests/sql/money.test.ts',
  'tests/browser/run.test.ts',
]
const chosen = (...args: string[]) => {
  const { projects, rest } = choose(args, files)
  return { projects: projects.map(({ name }) => name), rest }
}

test('vitest runs each test file of the repository in exactly one project, as the list says', async () => {
  const vitest = await createVitest('test', { root, watch: false, config: join(root, 'vitest.config.ts') })
  try {
    const specifications = await vitest.globTestSpecifications()
    const found = specifications.map(({ project, moduleId }) => `${project.name} ${moduleId.slice(root.length + 1)}`)
    const listed = testFiles(root).map((file) => `${projectOf(file)?.name} ${file}`)
    expect(found.sort()).toEqual(listed.sort())
  } finally {
    await vitest.close()
  }
})

test('a file belongs where its place or its name puts it', () => {
  expect(files.map((file) => projectOf(file)?.name)).toEqual(['unit', 'sandbox', 'database', 'database', 'browser'])
})

test.each([
  ['nothing', [], testProjects.map(({ name }) => name), []],
  ['a project', ['--project', 'unit'], ['unit'], []],
  ['two projects', ['--project=unit', '--project=database', '--bail', '1'], ['database', 'unit'], ['--bail', '1']],
  ['a path', ['./tests/sql'], ['database'], ['./tests/sql']],
  ['a path with a line', ['contracts/errors.test.ts:3'], ['unit'], ['contracts/errors.test.ts:3']],
  ['a test name that looks like a path', ['-t', 'run'], testProjects.map(({ name }) => name), ['-t', 'run']],
])('%s', (_name, args, projects, rest) => {
  expect(chosen(...args)).toEqual({ projects, rest })
})

test('a path that the named project does not have is refused', () => {
  expect(() => chosen('--project', 'unit', 'tests/sql')).toThrow('No test file of unit has tests/sql in its path')
})

test('an unknown project is refused by name', () => {
  expect(() => chosen('--project', 'units')).toThrow(
    'No test project is named units. There are: browser, sandbox, database, unit',
  )
})
