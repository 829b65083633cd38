import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ToolManifest } from '../contracts/tool.ts'
import { loadTool, manifests, toolNames } from './registry.ts'
import { validateInput } from './runner/validate.ts'

test('every tool has a manifest that fits the contract and its name in the registry', async () => {
  const all = await manifests()
  expect(all.map(({ name }) => name)).toEqual(toolNames)
  for (const manifest of all) {
    expect(ToolManifest.safeParse(manifest).error, manifest.name).toBeUndefined()
    expect(manifest.input_schema.type, manifest.name).toBe('object')
    expect(manifest.description.length, manifest.name).toBeGreaterThan(80)
    expect(manifest.examples.length, manifest.name).toBeGreaterThanOrEqual(2)
  }
})

test.each(toolNames)('every input field of %s is described', async (name) => {
  const [manifest] = (await manifests()).filter((candidate) => candidate.name === name)
  expect(undescribed(manifest!.input_schema as Schema)).toEqual([])
})

test.each(toolNames)('the examples of %s fit its input schema', async (name) => {
  const tool = await loadTool(name)
  for (const { input } of tool.examples) validateInput(tool.input, input)
})

test('every tool that a file defines is in the registry', async () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const files = (await readdir(folder, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  )
  const sources = await Promise.all(files.map((file) => readFile(folder + file, 'utf8')))
  const defined = sources.flatMap((source) =>
    [...source.matchAll(/defineTool\(\{\s*name: '(\w+)'/g)].map(([, name]) => name),
  )
  expect(defined.sort()).toEqual(toolNames)
})

test('asking for an unknown tool fails', async () => {
  await expect(loadTool('constructor')).rejects.toThrow('no tool named constructor')
})

interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  description?: string
}

/** Paths of the properties without a description, at any depth. */
function undescribed(schema: Schema, path = ''): string[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap((part) =>
    undescribed(part, path),
  )
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const at = `${path}/${name}`
    return [...(property.description ? [] : [at]), ...undescribed(property, at)]
  })
  return [...own, ...inner]
}
