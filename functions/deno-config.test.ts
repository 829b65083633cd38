/** Protects: deno.json (for Supabase's edge runtime) and package.json have the same packages and versions. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const here = import.meta.dirname
const readJson = (path: string) => JSON.parse(readFileSync(join(here, path), 'utf8'))
const { dependencies } = readJson('package.json') as { dependencies: Record<string, string> }
const functions = readdirSync(here).filter((name) => existsSync(join(here, name, 'index.ts')))

/** The packages that a file imports, directly or through other files, without type imports. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const source = readFileSync(file, 'utf8')
  const packages = new Set<string>()
  for (const [, specifier = ''] of source.matchAll(/^(?:import|export|\}) (?!type )(?:.* from )?'([^']+)'/gm)) {
    if (specifier.startsWith('.'))
      for (const name of packagesOf(join(dirname(file), specifier), seen)) packages.add(name)
    else packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
  }
  return packages
}

test('there are functions', () => expect(functions).toEqual(['api', 'webhooks']))

test.each(functions)('%s/deno.json names what the function imports, in the versions of package.json', (name) => {
  const { imports } = readJson(`${name}/deno.json`) as { imports: Record<string, string> }
  const expected = [...packagesOf(join(here, name, 'index.ts'))].flatMap((specifier) => {
    const version = dependencies[specifier]
    const whole = [specifier, `npm:${specifier}@${version}`]
    return specifier === 'hono' ? [whole, ['hono/', `npm:/hono@${version}/`]] : [whole]
  })
  expect(imports).toEqual(Object.fromEntries(expected))
})
