/**
 * Writes `docs/tools.md`, the catalogue of the built-in tools, from their definitions.
 * With `--check` it writes nothing and fails if the page is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ToolManifest } from '../contracts/tool.ts'
import { callErrors, toolErrors } from '../contracts/tool-errors.ts'
import { manifests } from '../tools/registry.ts'

const PAGE = fileURLToPath(new URL('../docs/tools.md', import.meta.url))

const EFFECTS = {
  pure: 'pure: it may run again at any time',
  idempotent: 'idempotent: it has the same outcome when it runs again with the same key',
  effect: 'effect: it must not happen twice; it needs approval unless the persona’s policy says otherwise',
}

interface Schema {
  type?: string
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  description?: string
  default?: unknown
}

function catalogue(all: ToolManifest[]): string {
  const list = all.map(({ name, description }) => `- [\`${name}\`](#${name}): ${description.split(/[.:]\s/)[0]}`)
  return [
    '# Tools',
    'What a persona can do out of the box. Made by `scripts/tool-docs.ts` from the definitions in `tools/`; do not edit.',
    'How to write one: [tool-authors.md](tool-authors.md).',
    list.join('\n'),
    ...all.map(section),
    '## Errors',
    'A call that fails ends with one of these codes and a message (`contracts/tool-errors.ts`).',
    Object.entries({ ...toolErrors, ...callErrors })
      .map(([code, { meaning }]) => `- \`${code}\`: ${meaning}`)
      .join('\n'),
  ].join('\n\n')
}

function section(tool: ToolManifest): string {
  const facts = [
    `Group: ${tool.group}`,
    `Effect: ${EFFECTS[tool.effect]}`,
    `Runs in: ${tool.runs === 'sandbox' ? 'the persona’s sandbox' : 'the executor'}`,
    `At most ${tool.timeout_seconds} s for a call`,
    ...(tool.needs.length > 0 ? [`Needs: ${tool.needs.map(needText).join(', ')}`] : []),
    ...(tool.secrets.length > 0 ? [`Secrets: ${tool.secrets.join(', ')}`] : []),
    ...(tool.depends_on.length > 0 ? [`Offered together with: ${tool.depends_on.join(', ')}`] : []),
  ]
  const examples = tool.examples.map(
    ({ request, input }) => `“${request}”\n\n\`\`\`json\n${JSON.stringify(input, null, 2)}\n\`\`\``,
  )
  return [
    `## ${tool.name}`,
    tool.description,
    facts.map((fact) => `- ${fact}`).join('\n'),
    '### Input',
    fields(tool.input_schema as Schema, true),
    '### Output',
    fields(tool.output_schema as Schema, false),
    '### Examples',
    ...examples,
  ].join('\n\n')
}

const needText = (need: string) => need.replace('program:', 'the program ')

/** One list item per property, indented below the property that contains it. */
function fields(schema: Schema, isInput: boolean, depth = 0): string {
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const required = isInput && schema.required?.includes(name)
    const notes = [typeName(property), required ? 'required' : defaultOf(property)].filter(Boolean).join(', ')
    const text = `${'  '.repeat(depth)}- \`${name}\` (${notes})${property.description ? `: ${property.description}` : ''}`
    const below = objectsIn(property).map((object) => fields(object, isInput, depth + 1))
    return [text, ...below].filter(Boolean).join('\n')
  })
  return lines.join('\n')
}

function objectsIn(schema: Schema): Schema[] {
  if (schema.properties) return [schema]
  return [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(objectsIn)
}

function typeName(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' or ')
  if (schema.anyOf) return schema.anyOf.map(typeName).join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeName(schema.items) : 'anything'}`
  return schema.type ?? 'anything'
}

function defaultOf(schema: Schema): string {
  return schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`
}

const wanted = `${catalogue(await manifests())}\n`
if (process.argv.includes('--check')) {
  const found = await readFile(PAGE, 'utf8').catch(() => '')
  if (found !== wanted) {
    console.error('docs/tools.md is out of date. Run `node scripts/tool-docs.ts`.')
    process.exitCode = 1
  }
} else {
  await writeFile(PAGE, wanted)
  console.log(`docs/tools.md: ${wanted.split('\n').length} lines`)
}
