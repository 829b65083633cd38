/** Checks arguments that a person edited against the schema of the tool. */
import { z } from 'zod'
import { type Db, find } from '../_shared/data/database.ts'
import { wordsOf } from '../_shared/http/issue-words.ts'
import { Problem } from '../_shared/problem.ts'

interface AskedCall {
  tool_name: string
  call: { tool: { input_schema: Record<string, unknown> } | null } | null
}

/** Throws a `Problem` that lists the wrong fields. Accepts approvals that the caller may not see; `decide` refuses them. */
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
  const wrong = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: wordsOf(issue) }))
  const details = wrong.map(({ path, message }) => ({ path: path ? `edited.${path}` : 'edited', message }))
  const said = wrong.map(({ path, message }) => `${path || 'arguments'}: ${message}`)
  throw new Problem(
    'invalid_request',
    `Some edited arguments of ${asked.tool_name} are wrong. ${said.join('; ')}`,
    details,
  )
}
