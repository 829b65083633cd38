/**
 * Refuses values that are nested too deeply before PGlite sees them. PostgreSQL's JSON parser relies on `max_stack_depth`,
 * which does not count V8's stack: about 6,000 brackets in the filter of one visitor broke the session.
 */
import { bracketLevels } from '../limits/nesting.ts'

/** With V8's stack in `npm start`, JSON breaks the session at about 20,000 levels, and a regular expression at 5,000. */
const MAX_LEVELS = 4_000

/** PostgreSQL's invalid_parameter_value, which REST turns into 400. */
export class NestedTooDeeply extends Error {
  override name = 'NestedTooDeeply'
  readonly code = '22023'

  constructor() {
    super(`A value is nested more than ${MAX_LEVELS} levels deep`)
  }
}

export function assertNesting(parameters: readonly unknown[] = []): void {
  for (const parameter of parameters) {
    if (typeof parameter === 'string' && parameter.length > MAX_LEVELS && bracketLevels(parameter) > MAX_LEVELS)
      throw new NestedTooDeeply()
  }
}
