/** Takes the values of secrets out of what leaves a tool: results, messages, log lines. The one rule for all of them. */

/** Shorter values are left alone: cutting out every "a" would hide nothing and spoil the text. */
const SHORTEST_SECRET = 4

/**
 * `value` with every secret's value replaced by "[secret]", in its strings and in the names of its fields. A secret is
 * also found as it stands inside of a JSON text.
 */
export function redact<T>(value: T, secrets: string[]): T {
  const known = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    // a secret that holds another one goes first
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
