/** PGlite's errors carry the statement's values, among them passwords' hashes and tokens, and errors are logged. */
export function withoutValues<T extends object>(error: T): T {
  for (const property of ['query', 'params', 'queryOptions']) Reflect.deleteProperty(error, property)
  return error
}
