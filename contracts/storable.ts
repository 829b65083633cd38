/** PostgreSQL cannot store NUL and unpaired surrogates in text and jsonb. */

export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** True if all strings and keys of a JSON value can be stored. It does not recurse, because the value may be nested deeply. */
export function isStorableJson(json: unknown): boolean {
  const left = [json]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string' && !isStorable(value)) return false
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value) && !Object.keys(value).every(isStorable)) return false
    for (const item of Object.values(value)) left.push(item)
  }
  return true
}

/** True if the decoded path and query of an address can be stored. */
export const isStorableUrl = (url: string): boolean => !/%00/.test(url)
