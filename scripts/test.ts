/**
 * `npm test`: installs the test tools, sets up what the chosen vitest projects need, and runs vitest. It prints one line for
 * each project that it left out, with the reason. Arguments are passed on to vitest: `npm test -- --project unit`,
 * `npm test -- tests/sql -t permissions`.
 *
 * In CI (`CI=true`, as root), missing Debian packages are installed without a question. At a terminal, the script asks
 * first. In CI, a project that was left out is a failure.
 */
import './require-node.ts'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { confirm } from './confirm.ts'
import { installDevPackages } from './dev-packages.ts'
import { choose, testFiles } from './test/choose.ts'
import { isThere, missingPackages } from './test/packages.ts'
import { type TestProject, testProjects } from './test/projects.ts'

const root = join(import.meta.dirname, '..')
const inCI = Boolean(process.env.CI)
const isRoot = process.getuid?.() === 0

installDevPackages()
const { projects: chosen, rest } = chosenOrExit()
await installPackages(missingPackages(chosen))
const leftOut = chosen.map((project) => ({ project, reason: obstacle(project) })).filter(({ reason }) => reason)
const ready = chosen.filter((project) => !leftOut.some((out) => out.project === project))

tellLeftOut()
if (ready.length === 0 || (inCI && leftOut.length > 0)) process.exit(1)
process.exitCode = runVitest(ready)
// again, because the first lines have scrolled away
tellLeftOut()

function chosenOrExit() {
  try {
    return choose(process.argv.slice(2), testFiles(root))
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}

function tellLeftOut(): void {
  for (const { project, reason } of leftOut) console.error(`${project.name}: left out, ${reason}`)
}

async function installPackages(packages: string[]): Promise<void> {
  if (packages.length === 0 || !isThere('apt-get')) return
  if (inCI ? !isRoot : !(await consents(packages))) return
  const apt = (...words: string[]) =>
    spawnSync(isRoot ? 'apt-get' : 'sudo', [...(isRoot ? [] : ['apt-get']), '-q', ...words], {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  apt('update')
  apt('install', '-y', '--no-install-recommends', ...packages)
}

/** Without a terminal nobody can answer, and nothing is installed. */
async function consents(packages: string[]): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const them = packages.length === 1 ? 'it' : 'them'
  return confirm(`The tests need ${packages.join(', ')}. Install ${them}?`)
}

/** Why the project cannot run here; undefined when it can. */
function obstacle(project: TestProject): string | undefined {
  const missing = missingPackages([project])
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are'
    return `${missing.join(', ')} ${verb} not installed; apt-get install ${missing.join(' ')}`
  }
  if (project.needsRoot && !isRoot)
    return 'it needs root; run it as root, for example in a container or a virtual machine'
  if (!project.prepare) return
  const { status, stderr } = spawnSync(join(root, project.prepare), { encoding: 'utf8' })
  if (status !== 0) return `${project.prepare} failed: ${stderr.trim()}`
}

function runVitest(projects: TestProject[]): number {
  const names = projects.length === testProjects.length ? [] : projects.map(({ name }) => `--project=${name}`)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  return spawnSync(process.execPath, [vitest, 'run', ...names, ...rest], { cwd: root, stdio: 'inherit' }).status ?? 1
}
