/** Removes the values of secrets from everything that leaves a tool: results, messages, log lines. */

/** Shorter values are not removed: removing every "a" would hide nothing and spoil the text. */
const SHORTEST_SECRET = 4

/**
 * Replaces the values of secrets by "[secret]", in strings and in the names of fields. It also finds a secret that is escaped
 * in a JSON text.
 */
export function redact<T>(value: T, secrets: string[]): T {
  const known = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    // longer secrets first, because one may contain another
    .sort((a, b) => b.length - a.length)
  return known.length === 0 ? value : (replaceIn(value, known) as T)
}

function replaceIn(value: unknown, secrets: string[]): unknown {
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), value)
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [replaceIn(name, secrets), replaceIn(item, secrets)]),
  )
}
