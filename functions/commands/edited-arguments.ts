/** Arguments that a person edited before a call runs: they must fit the tool as the model's own must. */
import { z } from 'zod'
import { type Db, find } from '../_shared/data/database.ts'
import { Problem } from '../_shared/problem.ts'

interface AskedCall {
  tool_name: string
  call: { tool: { input_schema: Record<string, unknown> } | null } | null
}

/** Throws a `Problem` that names the wrong fields. An approval that the caller does not see is left to `decide`. */
export async function requireFittingArguments(db: Db, approvalId: string, edited: Record<string, unknown>) {
  const asked = await find<AskedCall | null>(
    db
      .from('approvals')
      .select('tool_name, call:tool_runs(tool:tools(input_schema))')
      .eq('id', approvalId)
      .maybeSingle(),
  )
  const schema = asked?.call?.tool?.input_schema
  if (!schema) return
  const result = z.fromJSONSchema(schema).safeParse(edited)
  if (result.success) return
  const details = result.error.issues.map(({ path, message }) => ({ path: ['edited', ...path].join('.'), message }))
  const said = result.error.issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`)
  throw new Problem(
    'invalid_request',
    `The edited arguments do not fit ${asked.tool_name}. ${said.join('; ')}`,
    details,
  )
}
