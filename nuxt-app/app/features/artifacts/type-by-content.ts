/** What a file is by its first bytes, whatever it is called. Only these types are given to the browser to show. */

const svg = /^(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>\s*)?(<!--[\s\S]*?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/
/** `head` holds one character for each byte. */
const signatures: [type: string, fits: (head: string) => boolean][] = [
  ['image/png', (head) => head.startsWith('\x89PNG\r\n\x1a\n')],
  ['image/jpeg', (head) => head.startsWith('\xff\xd8\xff')],
  ['image/gif', (head) => /^GIF8[79]a/.test(head)],
  ['image/webp', (head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8)],
  ['image/avif', (head) => head.startsWith('ftypavi', 4)],
  ['application/pdf', (head) => head.startsWith('%PDF-')],
  // only ever the source of an <img>, where its scripts do not run
  ['image/svg+xml', (head) => svg.test(head)],
]
const BYTES_READ = 1024

/** One of the types above, else `application/octet-stream`. */
export function typeByContent(content: ArrayBuffer): string {
  const bytes = new Uint8Array(content, 0, Math.min(BYTES_READ, content.byteLength))
  const head = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return signatures.find(([, fits]) => fits(head))?.[0] ?? 'application/octet-stream'
}
