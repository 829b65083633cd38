/**
 * `npm run known-shapes`: writes supabase/schemas/foundation/known-shapes.sql from contracts/database-shapes.ts. With
 * `--check` it writes nothing and fails if the file is out of date. It refuses schemas that `platform.is_valid` cannot
 * check.
 */
import './require-node.ts'
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { databaseShapes } from '../contracts/database-shapes.ts'

const file = new URL('../supabase/schemas/foundation/known-shapes.sql', import.meta.url)

type Schema = Record<string, unknown>

/** The keywords that `platform.is_valid` checks. */
const UNDERSTOOD = ['type', 'enum', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems']
/** Keywords that do not restrict a value. */
const IGNORED = [
  '$schema',
  'id',
  '$id',
  'title',
  'description',
  'default',
  'examples',
  'additionalProperties',
  'required',
]

/** Shapes that have a name of their own are in `$defs`. */
function inlined(value: unknown, definitions: Map<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(item, definitions))
  if (typeof value !== 'object' || value === null) return value
  const { $ref, ...schema } = value as Schema
  const target = typeof $ref === 'string' ? definitions.get($ref.replace('#/$defs/', '')) : undefined
  if (target) return inlined({ ...(target as Schema), ...schema }, definitions)
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, inlined(part, definitions)]))
}

function reduced(schema: Schema, path: string): Schema {
  const { anyOf, allOf, const: constant, format, properties, items, ...plain } = schema
  if (Array.isArray(anyOf))
    return merged(
      anyOf.map((one) => reduced(one as Schema, path)),
      path,
    )
  const result: Schema = constant === undefined ? {} : { type: 'string', enum: [constant] }
  for (const [key, value] of Object.entries(plain)) {
    if (UNDERSTOOD.includes(key)) result[key as 'type'] = value
    else if (!IGNORED.includes(key)) throw new Error(`${path}: platform.is_valid does not understand ${key}`)
  }
  if (Array.isArray(allOf)) Object.assign(result, onePattern(allOf as Schema[], path))
  if (format !== undefined && !result.pattern) throw new Error(`${path}: the format ${format} needs a pattern`)
  if (properties) result.properties = reducedProperties(properties as Record<string, Schema>, path)
  if (Array.isArray(plain.required) && plain.required.length > 0) result.required = plain.required
  if (items) result.items = reduced(items as Schema, `${path}[]`)
  requireBounds(result, schema, path)
  return result
}

const reducedProperties = (properties: Record<string, Schema>, path: string) =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, reduced(value, `${path}.${name}`)]))

/** Several checks of one text: only one pattern can be kept. */
function onePattern(parts: Schema[], path: string): Schema {
  const [part, ...more] = parts.filter(({ pattern }) => pattern !== undefined)
  if (!part || more.length > 0) throw new Error(`${path}: platform.is_valid can check only one pattern`)
  return { pattern: part.pattern }
}

/** Alternatives of different types, such as a text or null, are one schema with several types. */
function merged(schemas: Schema[], path: string): Schema {
  const types = schemas.flatMap(({ type }) => type as string | string[])
  if (new Set(types).size !== types.length) throw new Error(`${path}: two alternatives have the same type`)
  return Object.assign({}, ...schemas, { type: types })
}

/** `platform.is_valid` requires these limits. */
function requireBounds(result: Schema, { additionalProperties }: Schema, path: string): void {
  const { type } = result
  if (type === 'object' && additionalProperties !== false) throw new Error(`${path}: the object allows unknown fields`)
  if (type === 'array' && result.maxItems === undefined) throw new Error(`${path}: the list has no maximum length`)
  if ((type === 'number' || type === 'integer') && result.maximum === undefined) {
    throw new Error(`${path}: the number has no maximum`)
  }
}

const MOST_WIDTH = 110

/** JSON, on several lines if one would be too long. */
function printed(value: unknown, indent: string): string {
  const line = JSON.stringify(value)
  if (line.length + indent.length <= MOST_WIDTH || typeof value !== 'object' || value === null) return line
  const inner = `${indent}  `
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + printed(item, inner)).join(',\n')}\n${indent}]`
  const fields = Object.entries(value).map(([key, field]) => `${inner}${JSON.stringify(key)}: ${printed(field, inner)}`)
  return `{\n${fields.join(',\n')}\n${indent}}`
}

function statement([name, shape]: [string, z.ZodType]): string {
  const { $defs = {}, ...root } = z.toJSONSchema(shape, { io: 'input' }) as Schema
  const schema = reduced(inlined(root, new Map(Object.entries($defs as Schema))) as Schema, name)
  return `    when '${name}' then return '${printed(schema, '    ').replaceAll("'", "''")}';`
}

const sql = `-- Made by \`npm run known-shapes\` from contracts/database-shapes.ts: do not edit.

-- Each shape is a statement of its own: one expression with all of them would be evaluated whole while it is planned.
create function platform.schema_of(name text) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  case name
${Object.entries(databaseShapes).map(statement).join('\n')}
  end case;
end
$$;
`
if (!process.argv.includes('--check')) await writeFile(file, sql)
else if ((await readFile(file, 'utf8').catch(() => '')) !== sql) {
  console.error(
    'known-shapes.sql does not match contracts/database-shapes.ts. Run `npm run known-shapes` and commit it.',
  )
  process.exit(1)
}
