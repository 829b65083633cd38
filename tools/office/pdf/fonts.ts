/**
 * Fonts that are embedded, so that text looks the same everywhere: Noto Sans, then DejaVu Sans for signs that it lacks
 * (both from npm packages), then fonts of the system for scripts that neither has, where they are installed.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as fontkit from 'fontkit'

const require = createRequire(import.meta.url)
const noto = (name: string) => require.resolve(`@expo-google-fonts/noto-sans/${name}/NotoSans_${name}.ttf`)
const dejavu = (name: string) => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)

/** `name` picks a font out of a collection (.ttc). */
interface FontFile {
  path: string
  name?: string
}
type Family = Record<FontStyle, FontFile>
export type FontStyle = 'regular' | 'bold' | 'italic' | 'boldItalic' | 'mono'

const EMBEDDED: Family[] = [
  {
    regular: { path: noto('400Regular') },
    bold: { path: noto('700Bold') },
    italic: { path: noto('400Regular_Italic') },
    boldItalic: { path: noto('700Bold_Italic') },
    mono: { path: dejavu('DejaVuSansMono') },
  },
  {
    regular: { path: dejavu('DejaVuSans') },
    bold: { path: dejavu('DejaVuSans-Bold') },
    italic: { path: dejavu('DejaVuSans-Oblique') },
    boldItalic: { path: dejavu('DejaVuSans-BoldOblique') },
    mono: { path: dejavu('DejaVuSans') },
  },
]

const SYSTEM: FontFile[] = [
  { path: '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc', name: 'NotoSansCJKsc-Regular' },
  { path: '/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf' },
  { path: '/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf' },
  { path: '/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf' },
]

/** A piece of text and the font that has all its characters. */
export interface FontRun {
  text: string
  font: FontFile
}

/** Chooses fonts for text, and remembers the characters that none has. */
export class Fonts {
  readonly missing = new Set<string>()
  readonly #families: Family[]
  readonly #opened = new Map<string, fontkit.Font>()

  constructor() {
    const system = SYSTEM.filter(({ path }) => existsSync(path))
    this.#families = [
      ...EMBEDDED,
      ...system.map((file) => ({ regular: file, bold: file, italic: file, boldItalic: file, mono: file })),
    ]
  }

  /** `text` cut where the font has to change. */
  runs(text: string, style: FontStyle): FontRun[] {
    const runs: FontRun[] = []
    for (const character of text) {
      const last = runs.at(-1)
      const font = this.#fontFor(character, style, last?.font)
      if (last && last.font === font) last.text += character
      else runs.push({ text: character, font })
    }
    return runs
  }

  /** The one font that has most of the characters, for text that is measured and set in one piece. */
  best(text: string, style: FontStyle): FontFile {
    const runs = this.runs(text, style)
    const counts = new Map<FontFile, number>()
    for (const { font, text: part } of runs) counts.set(font, (counts.get(font) ?? 0) + part.trim().length)
    const covering = this.#families.map((family) => family[style]).find((font) => this.#hasAll(font, text))
    return covering ?? [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? this.#families[0]![style]
  }

  #fontFor(character: string, style: FontStyle, current: FontFile | undefined): FontFile {
    const first = this.#families[0]![style]
    // Spaces and what joins characters go with their neighbours.
    if (/[\s\p{M}\p{Cf}]/u.test(character)) return current ?? first
    const found = this.#families.find((family) => this.#has(family[style], character))
    if (!found) this.missing.add(character)
    return found?.[style] ?? first
  }

  #hasAll(font: FontFile, text: string): boolean {
    return [...text].every((character) => /[\s\p{M}\p{Cf}]/u.test(character) || this.#has(font, character))
  }

  #has(file: FontFile, character: string): boolean {
    let font = this.#opened.get(file.path)
    if (!font) {
      font = fontkit.openSync(file.path, file.name) as fontkit.Font
      this.#opened.set(file.path, font)
    }
    return font.hasGlyphForCodePoint(character.codePointAt(0)!)
  }
}
