/**
 * Refuses values that are nested too deeply before PGlite sees them. PostgreSQL's parser of JSON counts on
 * `max_stack_depth`, which does not see V8's stack: some 6,000 brackets in a filter of one visitor broke the session.
 */

/** With the stack that `npm start` gives V8, JSON breaks at about 20,000 levels and a regular expression at 5,000. */
const MAX_LEVELS = 4_000

/** PostgreSQL's statement_too_complex. */
export class NestedTooDeeply extends Error {
  override name = 'NestedTooDeeply'
  readonly code = '54001'

  constructor() {
    super(`A value is nested more than ${MAX_LEVELS} levels deep`)
  }
}

export function assertNesting(parameters: readonly unknown[] = []): void {
  for (const parameter of parameters) {
    if (typeof parameter === 'string' && parameter.length > MAX_LEVELS && levels(parameter) > MAX_LEVELS)
      throw new NestedTooDeeply()
  }
}

function levels(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of text.matchAll(/[[({\])}]/g)) {
    depth += '[({'.includes(bracket) ? 1 : -1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
