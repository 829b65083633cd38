const SHORTEST_SECRET = 6

/** `value` with every occurrence of a secret's value in its strings replaced by "[secret]". */
export function redact(value: unknown, secrets: string[]): unknown {
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET)
  return known.length === 0 ? value : replaceIn(value, known)
}

function replaceIn(value: unknown, secrets: string[]): unknown {
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), value)
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceIn(item, secrets)]))
}
