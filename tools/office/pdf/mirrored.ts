/**
 * Brackets in right-to-left text are drawn as their mirror images. A PDF maps each glyph to exactly one character. So a
 * mirrored bracket gets a glyph of its own, which programs extract as the bracket that was written.
 */
import type { Glyph } from 'fontkit'
import { mirrorOf } from './bidi.ts'

/** The parts of the library's font that we use here. They are not in its public types. */
interface EmbeddedFont {
  encode(text: string, features: unknown): [codes: string[], positions: unknown]
  layout(text: string, features: unknown): { glyphs: Glyph[] }
  subset: { glyphs: number[] }
  widths: number[]
  unicode: number[][]
  scale: number
}

const copies = new WeakMap<EmbeddedFont, Map<number, number>>()

/** Runs `draw`, which draws text from right to left in the document's current font. */
export function drawMirrored(doc: PDFKit.PDFDocument, draw: () => void): void {
  const font = (doc as unknown as { _font: EmbeddedFont })._font
  font.encode = (text, features) => {
    const { encode } = Object.getPrototypeOf(font) as EmbeddedFont
    const [codes, positions] = encode.call(font, text, features)
    const { glyphs } = font.layout(text, features)
    return [codes.map((code, i) => copyOf(font, glyphs[i]) ?? code), positions]
  }
  try {
    draw()
  } finally {
    Reflect.deleteProperty(font, 'encode')
  }
}

/** The code of a glyph that looks the same and is extracted as the bracket before it was mirrored. */
function copyOf(font: EmbeddedFont, glyph: Glyph | undefined): string | undefined {
  const [drawn, ...more] = glyph?.codePoints ?? []
  if (!glyph || drawn === undefined || more.length > 0) return undefined
  const written = mirrorOf(String.fromCodePoint(drawn))?.codePointAt(0)
  if (written === undefined) return undefined
  const known = copies.get(font) ?? new Map<number, number>()
  copies.set(font, known)
  let code = known.get(glyph.id)
  if (code === undefined) {
    code = font.subset.glyphs.push(glyph.id) - 1
    font.widths[code] = glyph.advanceWidth * font.scale
    font.unicode[code] = [written]
    known.set(glyph.id, code)
  }
  return code.toString(16).padStart(4, '0')
}
