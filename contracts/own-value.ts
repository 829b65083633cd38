/**
 * The record's own value for a name from outside. It never returns an inherited value such as `constructor` or `__proto__`.
 * `npm run check:indexing` refuses every other look-up of a record by a string.
 */
export function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? (record as Record<string, T>)[name as keyof typeof record] : undefined
}
