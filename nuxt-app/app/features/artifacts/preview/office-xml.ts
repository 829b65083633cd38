/** What the readers of office files share: unzipping, and text in XML. */
import { strFromU8, unzip } from 'fflate'

/** The texts of the parts whose names fit. Rejects when the bytes are no ZIP file, or hold more than `maxBytes`. */
export function unzipTexts(bytes: Uint8Array, names: RegExp, maxBytes: number): Promise<Record<string, string>> {
  let size = 0
  const filter = (file: { name: string; originalSize: number }) => {
    if (!names.test(file.name)) return false
    size += file.originalSize
    return size <= maxBytes
  }
  return new Promise((resolve, reject) =>
    unzip(bytes, { filter }, (error, files) => {
      if (error) reject(new Error('This is no office file.'))
      else if (size > maxBytes) reject(new Error('This file is too large to be shown.'))
      else resolve(Object.fromEntries(Object.entries(files).map(([name, content]) => [name, strFromU8(content)])))
    }),
  )
}

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

export function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (all, hex, decimal, name) => {
    if (name) return entities.get(name) ?? all
    const point = Number.parseInt(hex ?? decimal, hex ? 16 : 10)
    return point <= 0x10ffff ? String.fromCodePoint(point) : all
  })
}
