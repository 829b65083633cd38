/**
 * The record's own value under a name from outside: never what its prototype holds under `constructor` or `__proto__`.
 * `npm run check:indexing` refuses any other look-up of a record by a text.
 */
export function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? (record as Record<string, T>)[name as keyof typeof record] : undefined
}
