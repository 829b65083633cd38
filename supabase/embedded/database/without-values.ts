/** Removes the statement's values from PGlite's errors: they can be tokens or password hashes, and errors are logged. */
export function withoutValues<T extends object>(error: T): T {
  for (const property of ['query', 'params', 'queryOptions']) Reflect.deleteProperty(error, property)
  return error
}
