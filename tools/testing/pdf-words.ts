/** Reads a PDF by poppler's programs, which people have as well: its text, and where each word stands on the page. */
import { spawnSync } from 'node:child_process'

export interface PdfWord {
  /** As it is seen from left to right. */
  text: string
  page: number
  left: number
  right: number
  top: number
  bottom: number
}

/** In the order in which it is read; what sets the direction of a part is left out. */
export function pdfText(file: Uint8Array): string {
  return pdftotext(file, []).replace(/[\u200E\u200F\u202A-\u202E]/g, '')
}

export function pdfWords(file: Uint8Array): PdfWord[] {
  const words: PdfWord[] = []
  let page = 0
  for (const line of pdftotext(file, ['-bbox']).split('\n')) {
    if (line.includes('<page ')) page += 1
    const word = /<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)<\/word>/.exec(line)
    if (!word) continue
    const [left, top, right, bottom] = word.slice(1, 5).map(Number) as [number, number, number, number]
    words.push({ text: word[5]!, page, left, right, top, bottom })
  }
  return words
}

/** Width and height of each page. */
export function pdfPages(file: Uint8Array): [width: number, height: number][] {
  const sizes = pdftotext(file, ['-bbox']).matchAll(/<page width="([\d.]+)" height="([\d.]+)">/g)
  return [...sizes].map(([, width, height]) => [Number(width), Number(height)])
}

/** Pairs of words that stand on each other. */
export function overlaps(words: PdfWord[]): [string, string][] {
  const found: [string, string][] = []
  for (const [i, a] of words.entries()) {
    for (const b of words.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      // Boxes are as high as the font's tallest letter, so that those of two lines touch.
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      if (a.page === b.page && wide > 0.5 && high > 0.5 * (a.bottom - a.top)) found.push([a.text, b.text])
    }
  }
  return found
}

function pdftotext(file: Uint8Array, options: string[]): string {
  const { status, stdout, stderr } = spawnSync('pdftotext', [...options, '-', '-'], {
    input: file,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`pdftotext failed: ${stderr}`)
  return stdout
}
