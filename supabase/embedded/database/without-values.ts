/** Removes the values of the statement from PGlite's errors, which are logged: they can be tokens or password hashes. */
export function withoutValues<T extends object>(error: T): T {
  for (const property of ['query', 'params', 'queryOptions']) Reflect.deleteProperty(error, property)
  return error
}
