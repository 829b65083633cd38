/** Paths of attachments in a persona's workspace. The prompt contains them, and the executor writes the files there. */

/** File systems allow 255 bytes; this leaves room for the suffix that we may add. */
const MAX_NAME_BYTES = 200
const MAX_EXTENSION_BYTES = 20
/** Path separators, control characters, unpaired surrogates, and characters that change the direction of text. */
const UNFIT = /[/\\\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * The paths of the attachments of a message, relative to the workspace and in the order of `names`. Each message has its own
 * folder, so no other file is in the way. Equal names in one message get a number. The first message of a run has its id.
 */
export function attachmentPaths(messageId: string, names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const unique = firstFree(cleanName(name), taken)
    taken.add(unique)
    return `attachments/${messageId}/${unique}`
  })
}

function firstFree(name: string, taken: ReadonlySet<string>): string {
  const [stem, extension] = split(name)
  let free = name
  for (let number = 2; taken.has(free); number += 1) free = `${stem} (${number})${extension}`
  return free
}

function cleanName(name: string): string {
  const [stem, extension] = split(name.normalize('NFC').replace(UNFIT, '_').trim().replace(/^\.+/, '_') || '_')
  return cutTo(MAX_NAME_BYTES - bytesOf(extension), stem) + extension
}

/** Splits "report.final.pdf" into "report.final" and ".pdf". A long suffix, or one with spaces, is not an extension. */
function split(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 ? name.slice(dot) : ''
  if (bytesOf(extension) > MAX_EXTENSION_BYTES || /\s/.test(extension)) return [name, '']
  return [name.slice(0, name.length - extension.length), extension]
}

/** Cuts a text to at most `maxBytes` bytes, without splitting a character. */
function cutTo(maxBytes: number, text: string): string {
  if (bytesOf(text) <= maxBytes) return text
  let cut = ''
  let bytes = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += bytesOf(segment)
    if (bytes > maxBytes) break
    cut += segment
  }
  return cut.trimEnd() || '_'
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length
