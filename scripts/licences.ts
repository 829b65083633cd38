/**
 * `node scripts/licences.ts`: writes every installed dependency and its licence to docs/licences.md. With `--check` it
 * writes nothing and fails if the list is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const file = join(root, 'docs/licences.md')

interface LockedPackage {
  version?: string
  license?: string
  link?: boolean
  optional?: boolean
}

async function render(): Promise<string> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
  const byLicence = new Map<string, Set<string>>()
  for (const [path, entry] of Object.entries(lock.packages as Record<string, LockedPackage>)) {
    const name = path.split('node_modules/').at(-1)
    if (!path.includes('node_modules/') || entry.link || !name) continue
    const licence = entry.license ?? 'not stated in its package.json'
    byLicence.set(licence, (byLicence.get(licence) ?? new Set()).add(`${name} ${entry.version}`))
  }
  const sections = [...byLicence]
    .sort(([a, one], [b, other]) => other.size - one.size || a.localeCompare(b))
    .map(([licence, names]) => `## ${licence} (${names.size})\n\n${[...names].sort().join(' · ')}\n`)
  return [
    '# Licences of dependencies\n',
    'Made by `node scripts/licences.ts` from package-lock.json, build and test tools included: do not edit.\n',
    ...sections,
  ].join('\n')
}

const text = await render()
if (!process.argv.includes('--check')) {
  await writeFile(file, text)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  console.error('docs/licences.md is out of date. Run `node scripts/licences.ts` and commit it.')
  process.exit(1)
}
