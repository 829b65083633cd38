/** Reads a PDF with poppler's programs, which people also use: its text, and the position of each word on the page. */
import { spawnSync } from 'node:child_process'

export interface PdfWord {
  /** The text in its visual order, from left to right. */
  text: string
  page: number
  left: number
  right: number
  top: number
  bottom: number
}

/** The text in reading order, without control characters for the direction. */
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

/** Pairs of words that overlap. */
export function overlaps(words: PdfWord[]): [string, string][] {
  const found: [string, string][] = []
  for (const [i, a] of words.entries()) {
    for (const b of words.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      // boxes are as high as the font's tallest letter, so the boxes of two lines touch
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

interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

/** The first page as an image with this number of dots per inch. */
export function firstPagePixels(file: Uint8Array, dots: number) {
  const options = { input: file, maxBuffer: 64 * 1024 * 1024 }
  const { status, stdout, stderr } = spawnSync('pdftoppm', ['-r', String(dots), '-f', '1', '-l', '1', '-'], options)
  const header = /^P6\s(\d+)\s(\d+)\s255\s/.exec(stdout?.toString('latin1', 0, 100) ?? '')
  if (status !== 0 || !header) throw new Error(`pdftoppm failed: ${stderr}`)
  const width = Number(header[1])
  const pixels = stdout.subarray(header[0].length)
  return {
    /** The rectangle around all pixels that `fits` accepts. */
    boxOf(fits: (colour: [red: number, green: number, blue: number]) => boolean): Box {
      const box = { left: Number.POSITIVE_INFINITY, right: 0, top: Number.POSITIVE_INFINITY, bottom: 0 }
      for (let at = 0; at < pixels.length; at += 3) {
        if (!fits([pixels[at]!, pixels[at + 1]!, pixels[at + 2]!])) continue
        const [x, y] = [(at / 3) % width, Math.floor(at / 3 / width)]
        box.left = Math.min(box.left, x)
        box.right = Math.max(box.right, x + 1)
        box.top = Math.min(box.top, y)
        box.bottom = Math.max(box.bottom, y + 1)
      }
      return box
    },
  }
}
