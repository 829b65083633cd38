/** Opens office files without the libraries that wrote them: unzips them and parses every part strictly. */
import JSZip from 'jszip'
import { SaxesParser } from 'saxes'

/** Texts of a file's XML parts by the name of the part. Throws when a part is not well-formed XML. */
export async function xmlParts(file: Buffer): Promise<Map<string, string>> {
  const zip = await JSZip.loadAsync(file, { checkCRC32: true })
  const parts = new Map<string, string>()
  for (const entry of Object.values(zip.files)) {
    if (!/\.(xml|rels)$/.test(entry.name)) continue
    const text = await entry.async('string')
    assertWellFormed(entry.name, text)
    parts.set(entry.name, text)
  }
  return parts
}

/** The content of the elements named `tag` (with prefix), decoded. */
export function contents(xml: string, tag: string): string[] {
  const found: string[] = []
  let depth = 0
  const parser = new SaxesParser()
  parser.on('opentag', (node) => {
    if (node.name !== tag) return
    if (depth++ === 0) found.push('')
  })
  parser.on('closetag', (node) => {
    if (node.name === tag) depth--
  })
  parser.on('text', (text) => {
    if (depth > 0) found.push(found.pop() + text)
  })
  parser.write(xml).close()
  return found
}

/** The parts whose names fit, in the order of the numbers in their names. */
export function partsNamed(parts: Map<string, string>, pattern: RegExp): string[] {
  const number = (name: string) => Number(/(\d+)\.xml$/.exec(name)?.[1] ?? 0)
  const names = [...parts.keys()].filter((name) => pattern.test(name)).sort((a, b) => number(a) - number(b))
  return names.map((name) => parts.get(name)!)
}

function assertWellFormed(name: string, xml: string): void {
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw new Error(`${name}: ${error.message}`)
  })
  parser.write(xml).close()
}
