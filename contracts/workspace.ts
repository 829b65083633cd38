/** Paths in a persona's workspace: the prompt names them, and the executor writes the files there. */

/** A file system takes 255 bytes; what a person gave keeps room for a suffix of ours. */
const MAX_NAME_BYTES = 200
const MAX_EXTENSION_BYTES = 20
/** Separators of paths, control characters, halves of characters, and signs that turn the direction of writing. */
const UNFIT = /[/\\\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * Where the attachments of a run stand, relative to the workspace and in the order of `names`. Each run has a folder of
 * its own, so no file of another run is there before; equal names in one run get a number.
 */
export function attachmentPaths(runId: string, names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const unique = firstFree(cleanName(name), taken)
    taken.add(unique)
    return `attachments/${runId}/${unique}`
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

/** "report.final.pdf" is "report.final" and ".pdf". What is long or has spaces behind its last dot is no extension. */
function split(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 ? name.slice(dot) : ''
  if (bytesOf(extension) > MAX_EXTENSION_BYTES || /\s/.test(extension)) return [name, '']
  return [name.slice(0, name.length - extension.length), extension]
}

/** Whole characters, as people see them, of at most so many bytes. */
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
