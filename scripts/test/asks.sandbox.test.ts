/**
 * Protects: at a terminal, `npm test` asks before it installs Debian packages, and then does what the answer says. The
 * terminal and the tests that run afterwards are real. PATH lacks pdftotext, and its apt-get only writes down its arguments and
 * provides that program. The project `sandbox` has the fonts that the unit tests need as well.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testProjects } from './projects.ts'

const root = join(import.meta.dirname, '../..')
const command = 'node scripts/test.ts --project unit contracts/redact.test.ts'
const { packages } = testProjects.find(({ name }) => name === 'unit')!
const programs = Object.values(packages!).filter((mark) => mark !== 'pdftotext' && !isAbsolute(mark))

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'persona-test-asks-'))
  await symlink(process.execPath, join(path, 'node'))
  for (const program of ['sh', ...programs]) await symlink(join('/usr/bin', program), join(path, program))
  const aptGet = `#!/bin/sh\necho "$*" >>${path}/installed\n/bin/ln -sf /bin/true ${path}/pdftotext\n`
  await writeFile(join(path, 'apt-get'), aptGet, { mode: 0o755 })
})
afterEach(() => rm(path, { recursive: true }))

/** Runs `npm test` at a terminal, and types `keys` when it asks. */
async function answer(keys: string) {
  const { CI, ...env } = process.env
  const terminal = spawn('/usr/bin/script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: root,
    env: { ...env, PATH: path, SHELL: '/bin/sh', NO_COLOR: '1' },
  })
  let output = ''
  let hasAnswered = false
  terminal.stdout.on('data', (text) => {
    output += text
    if (hasAnswered || !output.includes('[y/N]')) return
    hasAnswered = true
    terminal.stdin.write(keys)
  })
  const [code] = await once(terminal, 'close')
  const installed = await readFile(join(path, 'installed'), 'utf8').catch(() => '')
  return { code, output, installed }
}

test('yes installs the packages, and the tests run', async () => {
  const { code, output, installed } = await answer('y\r')
  expect(output).toContain('The tests need poppler-utils. Install it? [y/N]')
  expect(installed).toBe('-q update\n-q install -y --no-install-recommends poppler-utils\n')
  expect(output).toMatch(/Test Files.* 1 passed/)
  expect(code).toBe(0)
})

test.each([
  ['no', 'n\r'],
  ['an empty answer', '\r'],
  ['the end of input', '\u0004'],
])('%s installs nothing, and the project is left out with the reason', async (_, keys) => {
  const { code, output, installed } = await answer(keys)
  expect(installed).toBe('')
  expect(output).toContain('unit: left out, poppler-utils is not installed; apt-get install poppler-utils')
  expect(output).not.toContain('Test Files')
  expect(code).toBe(1)
})
