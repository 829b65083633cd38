/** The machine's fonts as fontconfig lists them, for scripts that our own fonts do not have. */
import { spawnSync } from 'node:child_process'
import type { Family, FontFile } from './family.ts'

/** A family of the system and the characters that its regular font has. */
export interface SystemFamily {
  fonts: Family
  has(codePoint: number): boolean
}

interface Listed {
  file: FontFile
  family: string
  weight: number
  slanted: boolean
  characters: [from: number, to: number][]
}

const FIELDS = ['file', 'postscriptname', 'family[0]', 'weight', 'slant', 'color', 'variable', 'fontformat', 'charset']
/** Fontconfig's weights of regular fonts. Some call themselves medium. */
const REGULAR = { from: 75, to: 100 }
const BOLD = { from: 180, to: 205 }

let listed: SystemFamily[] | undefined

/** Best first: sans before serif, Noto before others. Empty if fontconfig is not installed. Runs it only once. */
export function systemFamilies(): SystemFamily[] {
  listed ??= groupByFamily(listFonts())
  return listed
}

function listFonts(): Listed[] {
  const format = `${FIELDS.map((field) => `%{${field}}`).join('\\t')}\\n`
  const { stdout } = spawnSync('fc-list', ['--format', format], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [path, name = '', family = '', weight, slant, color, variable, format, charset = ''] = line.split('\t')
    const canBeDrawn = color !== 'True' && variable !== 'True' && (format === 'TrueType' || format === 'CFF')
    if (!path || !canBeDrawn) return []
    const file = path.endsWith('.ttc') ? { path, name } : { path }
    return [{ file, family, weight: Number(weight), slanted: slant !== '0', characters: ranges(charset) }]
  })
}

function ranges(charset: string): [number, number][] {
  return charset.split(' ').flatMap((range): [number, number][] => {
    const [from, to = from] = range.split('-').map((hex) => Number.parseInt(hex, 16))
    return Number.isNaN(from) ? [] : [[from!, to!]]
  })
}

function groupByFamily(fonts: Listed[]): SystemFamily[] {
  const byName = new Map<string, Listed[]>()
  for (const font of fonts) byName.set(font.family, [...(byName.get(font.family) ?? []), font])
  return [...byName]
    .sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .flatMap(([, members]) => {
      const pick = (weight: { from: number; to: number }, slanted: boolean) =>
        members.find((font) => font.weight >= weight.from && font.weight <= weight.to && font.slanted === slanted)
      const regular = pick(REGULAR, false)
      if (!regular) return []
      const bold = pick(BOLD, false) ?? regular
      const italic = pick(REGULAR, true) ?? regular
      const boldItalic = pick(BOLD, true) ?? bold
      const fonts = {
        regular: regular.file,
        bold: bold.file,
        italic: italic.file,
        boldItalic: boldItalic.file,
        mono: regular.file,
      }
      return [{ fonts, has: (codePoint: number) => isIn(regular.characters, codePoint) }]
    })
}

function rank(family: string): number {
  const isPlain = !/serif|mono|math|looped|kufi|nastaliq|display|\bui\b/i.test(family)
  return (isPlain ? 0 : 4) + (/^noto /i.test(family) ? 0 : 2) + (/sans/i.test(family) ? 0 : 1)
}

/** Binary search: the ranges are sorted and do not overlap. */
function isIn(sorted: [number, number][], codePoint: number): boolean {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [from, to] = sorted[middle]!
    if (codePoint < from) high = middle - 1
    else if (codePoint > to) low = middle + 1
    else return true
  }
  return false
}
