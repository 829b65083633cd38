/**
 * `npm run check`: runs every script of package.json whose name begins with `check:`. It shows the whole output of
 * those that fail, and of the others only lines that start with WARNING. At the end it names the failed ones.
 * `npm run check -- imports deno` runs only these two.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installDevPackages } from './dev-packages.ts'

const root = join(import.meta.dirname, '..')

function chosenChecks(wanted: string[]): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const all = Object.keys(scripts).filter((name) => name.startsWith('check:'))
  const unknown = wanted.filter((name) => !all.includes(`check:${name}`))
  if (unknown.length > 0) throw new Error(`No check is named ${unknown.join(', ')}. There are: ${all.join(', ')}`)
  return wanted.length > 0 ? wanted.map((name) => `check:${name}`) : all
}

function passes(name: string): boolean {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', name], { cwd: root, encoding: 'utf8' })
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (status !== 0) console.log(`${stdout}${stderr}`.trimEnd())
  else for (const [warning] of stderr.matchAll(/^WARNING.*/gm)) console.log(warning)
  return status === 0
}

installDevPackages()
const checks = chosenChecks(process.argv.slice(2))
const failed = checks.filter((name) => !passes(name))
if (failed.length > 0) {
  console.error(`\n${failed.length} of ${checks.length} checks failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
