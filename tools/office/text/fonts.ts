/**
 * Finds out which fonts a text needs, how wide it is in them, and which characters no font has. Fonts from npm packages
 * come first, so that common text looks the same everywhere. Fonts of the system are used for all other scripts.
 */
import { createRequire } from 'node:module'
import * as fontkit from 'fontkit'
import type { Family, FontFile, FontStyle } from './family.ts'
import { type SystemFamily, systemFamilies } from './system-fonts.ts'

export type { FontFile, FontStyle } from './family.ts'

/** A piece of text and the font that has all its characters. */
export interface FontRun {
  text: string
  font: FontFile
}

const require = createRequire(import.meta.url)
const noto = (name: string) => require.resolve(`@expo-google-fonts/noto-sans/${name}/NotoSans_${name}.ttf`)
const carlito = (name: string) => require.resolve(`@expo-google-fonts/carlito/${name}/Carlito_${name}.ttf`)
const dejavu = (name: string) => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)

const ofFour = (file: (name: string) => string): Family => ({
  regular: { path: file('400Regular') },
  bold: { path: file('700Bold') },
  italic: { path: file('400Regular_Italic') },
  boldItalic: { path: file('700Bold_Italic') },
  mono: { path: dejavu('DejaVuSansMono') },
})

const NOTO_SANS = ofFour(noto)
/** As wide as Calibri, character by character. */
const CARLITO = ofFour(carlito)
const DEJAVU_SANS: Family = {
  regular: { path: dejavu('DejaVuSans') },
  bold: { path: dejavu('DejaVuSans-Bold') },
  italic: { path: dejavu('DejaVuSans-Oblique') },
  boldItalic: { path: dejavu('DejaVuSans-BoldOblique') },
  mono: { path: dejavu('DejaVuSans') },
}

const BROUGHT_ALONG = {
  'Noto Sans': [NOTO_SANS, DEJAVU_SANS],
  Calibri: [CARLITO, NOTO_SANS, DEJAVU_SANS],
}

/** Characters that are drawn together with the one before, or not at all. */
const UNSEEN = /^[\s\p{Cf}\p{Cc}\p{Variation_Selector}]$/u
/** Joiners are not among them: they change how letters are shaped. */
const WIDTHLESS = /(?![\s\u200C\u200D])[\p{Cf}\p{Cc}\p{Variation_Selector}]/gu
const ASCII = /^[ -~]*$/
/** Scripts whose letters join, stack or move. Their width is known only after shaping. */
const SHAPED = /[\p{M}\u0590-\u08FF\u0900-\u0DFF\u0E00-\u0FFF\u1000-\u109F\u1780-\u17FF\u1800-\u18AF]/u
/** The maximum number of words whose width is remembered. */
const MAX_REMEMBERED = 100_000
const AFTER_SPACES = /(?<= )(?! )/

const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Chooses and measures fonts for the texts of one document, and remembers the characters that none has. */
export class Fonts {
  readonly missing = new Set<string>()
  readonly #families: Family[]
  readonly #chosen = new Map<string, Family | undefined>()
  readonly #opened = new Map<string, OpenFont>()
  readonly #widths = new Map<string, number>()

  /** `first` is the document's own font. Calibri is not free, so we use a font with the same widths. */
  constructor(first: keyof typeof BROUGHT_ALONG = 'Noto Sans') {
    this.#families = [...BROUGHT_ALONG[first]]
  }

  /** Splits `text` where the font has to change, and records missing characters. */
  runs(text: string, style: FontStyle): FontRun[] {
    const first = this.#families[0]![style]
    if (ASCII.test(text)) return text === '' ? [] : [{ text, font: first }]
    const runs: FontRun[] = []
    for (const { segment } of clusters.segment(text)) {
      const last = runs.at(-1)
      const font = this.#fontFor(segment, style) ?? last?.font ?? first
      if (last && last.font === font) last.text += segment
      else runs.push({ text: segment, font })
    }
    return runs
  }

  /** The font that has the most of the characters, for text that is measured and set as a whole. */
  best(text: string, style: FontStyle): FontFile {
    const counts = new Map<FontFile, number>()
    for (const { font, text: part } of this.runs(text, style)) {
      counts.set(font, (counts.get(font) ?? 0) + part.trim().length)
    }
    const covering = this.#families.map((family) => family[style]).find((font) => this.#open(font).hasAll(text))
    return covering ?? [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? this.#families[0]![style]
  }

  /** Width of `text` on one line, in the unit of `size`. */
  widthOf(text: string, style: FontStyle, size: number): number {
    // word by word, because a document has few different words and measures each of them many times
    const words = text.split(AFTER_SPACES)
    return words.reduce((sum, word) => sum + this.#wordWidth(word, style), 0) * size
  }

  #wordWidth(word: string, style: FontStyle): number {
    const key = `${style} ${word}`
    let ems = this.#widths.get(key)
    if (ems === undefined) {
      ems = this.runs(word, style).reduce((sum, run) => sum + this.#open(run.font).widthOf(run.text), 0)
      if (this.#widths.size >= MAX_REMEMBERED) this.#widths.clear()
      this.#widths.set(key, ems)
    }
    return ems
  }

  /** The characters of `text` that no font here has. */
  missingIn(text: string): string[] {
    if (ASCII.test(text)) return []
    return [...clusters.segment(text)]
      .map(({ segment }) => segment)
      .filter((cluster) => seen(cluster).length > 0 && !this.#familyFor(cluster))
  }

  /** Undefined for invisible or missing characters. They use the font of their neighbour. */
  #fontFor(cluster: string, style: FontStyle): FontFile | undefined {
    if (seen(cluster).length === 0) return undefined
    const family = this.#familyFor(cluster)
    if (!family) this.missing.add(cluster)
    if (!family) return undefined
    // the bold or slanted font of a family may have fewer characters than the regular one
    return this.#open(family[style]).hasAll(cluster) ? family[style] : family.regular
  }

  #familyFor(cluster: string): Family | undefined {
    if (this.#chosen.has(cluster)) return this.#chosen.get(cluster)
    const points = seen(cluster)
    const family =
      this.#families.find((one) => this.#open(one.regular).hasAll(cluster)) ??
      this.#take(systemFamilies().find(({ has, fonts }) => points.every(has) && this.#canOpen(fonts.regular)))
    this.#chosen.set(cluster, family)
    return family
  }

  /** A family that was used before is tried first, so that a text rarely changes its font. */
  #take(found: SystemFamily | undefined): Family | undefined {
    if (found) this.#families.push(found.fonts)
    return found?.fonts
  }

  /** Undefined if the file that the system lists is damaged. */
  #canOpen(file: FontFile): boolean {
    try {
      this.#open(file)
      return true
    } catch {
      return false
    }
  }

  #open(file: FontFile): OpenFont {
    const key = `${file.path}#${file.name ?? ''}`
    const open = this.#opened.get(key) ?? new OpenFont(fontkit.openSync(file.path, file.name) as fontkit.Font)
    this.#opened.set(key, open)
    return open
  }
}

function seen(text: string): number[] {
  return [...text].filter((character) => !UNSEEN.test(character)).map((character) => character.codePointAt(0)!)
}

class OpenFont {
  readonly #font: fontkit.Font
  readonly #advances = new Map<number, number>()

  constructor(font: fontkit.Font) {
    this.#font = font
  }

  hasAll(text: string): boolean {
    return seen(text).every((codePoint) => this.#font.hasGlyphForCodePoint(codePoint))
  }

  /** In ems. */
  widthOf(text: string): number {
    const visible = text.replace(WIDTHLESS, '')
    return SHAPED.test(visible) ? this.#shapedWidth(visible) : this.#plainWidth(visible)
  }

  #shapedWidth(text: string): number {
    try {
      return this.#font.layout(text).advanceWidth / this.#font.unitsPerEm
    } catch {
      // the library fails on some sequences that occur in no language; without shaping they are not narrower
      return this.#plainWidth(text)
    }
  }

  #plainWidth(text: string): number {
    let sum = 0
    for (const character of text) sum += this.#advance(character.codePointAt(0)!)
    return sum
  }

  #advance(codePoint: number): number {
    let advance = this.#advances.get(codePoint)
    if (advance === undefined) {
      advance = this.#font.glyphForCodePoint(codePoint).advanceWidth / this.#font.unitsPerEm
      this.#advances.set(codePoint, advance)
    }
    return advance
  }
}
