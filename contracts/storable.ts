/** What PostgreSQL cannot hold in text and jsonb: NUL, and halves of surrogate pairs. */

export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** True for a JSON value all of whose texts and keys can be stored. Without recursion: it may be nested very deeply. */
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

/** True for an address whose path and query, decoded, can be stored. */
export const isStorableUrl = (url: string): boolean => !/%00/.test(url)
