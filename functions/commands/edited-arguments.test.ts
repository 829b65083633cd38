/** Protects: zod can read the JSON Schema of every tool, so that edited arguments are checked completely. */
import { expect, it } from 'vitest'
import { z } from 'zod'
import { manifests } from '../../tools/registry.ts'

const tools = await manifests()

it.each(tools.map((tool) => [tool.name, tool] as const))('%s takes its own examples, and no others', (_, tool) => {
  const schema = z.fromJSONSchema(tool.input_schema)
  for (const { input } of tool.examples) expect(schema.safeParse(input).error).toBeUndefined()
  expect(schema.safeParse('text').success).toBe(false)
})
