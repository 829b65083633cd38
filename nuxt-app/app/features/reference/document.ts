/** The OpenAPI document as the page shows it: its operations in groups, with an example for each body. */

export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  format?: string
  default?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  minimum?: number
}
export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}
interface Body {
  content?: { 'application/json'?: { schema: Schema } }
}
interface Declared {
  tags?: string[]
  summary?: string
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: Body
  responses: Record<string, Body & { description?: string }>
}
export interface ApiDocument {
  info: { title: string; description?: string }
  paths: Record<string, Record<string, Declared>>
  components: { schemas: Record<string, Schema> }
}

export interface Operation {
  id: string
  method: string
  path: string
  summary: string
  /** Whether a session and whether an API key may call it. */
  bySession: boolean
  byKey: boolean
  parameters: Parameter[]
  /** The example of a body as text; null if it takes none. */
  body: string | null
  answers: { status: string; description: string; example: string | null }[]
}

/** The operations by tag, in the order of the document. */
export function operationGroups(document: ApiDocument): { name: string; operations: Operation[] }[] {
  const groups = new Map<string, Operation[]>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, declared] of Object.entries(methods)) {
      const group = declared.tags?.[0] ?? 'other'
      groups.set(group, [...(groups.get(group) ?? []), operationOf(document, path, method, declared)])
    }
  }
  return [...groups].map(([name, operations]) => ({ name, operations }))
}

function operationOf(document: ApiDocument, path: string, method: string, declared: Declared): Operation {
  const by = (scheme: string) => declared.security?.some((entry) => scheme in entry) ?? true
  return {
    id: `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    summary: declared.summary ?? '',
    bySession: by('bearer'),
    byKey: by('apiKey'),
    parameters: declared.parameters ?? [],
    body: exampleText(document, declared.requestBody, true),
    answers: Object.entries(declared.responses).map(([status, answer]) => ({
      status: status === 'default' ? 'refused' : status,
      description: answer.description ?? '',
      example: exampleText(document, answer, false),
    })),
  }
}

function exampleText(document: ApiDocument, body: Body | undefined, isRequest: boolean): string | null {
  const schema = body?.content?.['application/json']?.schema
  return schema ? JSON.stringify(exampleOf(document, schema, isRequest), null, 2) : null
}

/** Schemas that contain themselves end here. */
const MAX_DEPTH = 8

/** A value of this schema. An example of a request has only the fields that it needs. */
export function exampleOf(document: ApiDocument, schema: Schema, isRequest: boolean, depth = 0): unknown {
  const next = (inner: Schema) => exampleOf(document, inner, isRequest, depth + 1)
  if (depth > MAX_DEPTH) return null
  if (schema.$ref) return next(schemaOf(document, schema.$ref))
  const [choice] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? []
  if (choice) return next(choice)
  if (schema.default !== undefined) return schema.default
  if (schema.enum) return schema.enum[0]
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') {
    const fields = Object.entries(schema.properties ?? {})
    const shown =
      isRequest && schema.required?.length ? fields.filter(([name]) => schema.required?.includes(name)) : fields
    return Object.fromEntries(shown.map(([name, inner]) => [name, next(inner)]))
  }
  if (type === 'array') return schema.items ? [next(schema.items)] : []
  if (type === 'string') return exampleOfFormat(schema.format)
  if (type === 'number' || type === 'integer') return schema.minimum ?? 0
  return type === 'boolean' ? true : null
}

function schemaOf(document: ApiDocument, reference: string): Schema {
  const name = reference.split('/').at(-1) ?? ''
  return Object.hasOwn(document.components.schemas, name) ? (document.components.schemas[name] as Schema) : {}
}

const exampleOfFormat = (format: string | undefined) =>
  format === 'uuid'
    ? '00000000-0000-0000-0000-000000000000'
    : format === 'date-time'
      ? '2030-01-01T00:00:00Z'
      : format === 'email'
        ? 'ada@example.com'
        : 'text'

/** The address of a call under `/functions/v1`, from what was typed into its fields. Empty fields are left out. */
export function addressOf({ path, parameters }: Pick<Operation, 'path' | 'parameters'>, values: Map<string, string>) {
  const query = new URLSearchParams()
  let filled = path
  for (const { name, in: place } of parameters) {
    const value = values.get(name)?.trim() ?? ''
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value))
    else if (place === 'query' && value !== '') query.set(name, value)
  }
  return query.size > 0 ? `${filled}?${query}` : filled
}

/** The headers among what was typed. */
export const headersOf = ({ parameters }: Pick<Operation, 'parameters'>, values: Map<string, string>) =>
  Object.fromEntries(
    parameters.flatMap(({ name, in: place }) => {
      const value = values.get(name)?.trim()
      return place === 'header' && value ? [[name, value]] : []
    }),
  )
