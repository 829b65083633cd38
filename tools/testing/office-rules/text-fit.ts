/**
 * Checks that the text of a slide stays in its boxes and cells, with the sizes and scales in the file. It measures with
 * the fonts alone, without the code that laid the slide out.
 */
import { isRightToLeft } from '../../office/text/direction.ts'
import { type FontStyle, Fonts } from '../../office/text/fonts.ts'
import { linesOf, pieces } from '../../office/text/lines.ts'
import { type Node, named } from './xml-tree.ts'

const EMU = 914_400
const SLIDE_HEIGHT = 7.5
/** Line height relative to the font size, for the most compact of the fonts. */
const LINE = 1.19
/** Tolerance for the rounding of sizes and positions. */
const TOLERANCE = 0.02

const fonts = new Fonts('Calibri')

export function* textFaults(tree: Node): Generator<string> {
  if (tree.name === 'p:notes') for (const paragraph of named(tree, 'a:p')) yield* directionFaults(paragraph)
  if (tree.name !== 'p:sld') return
  for (const shape of named(tree, 'p:sp')) yield* shapeFaults(shape)
  for (const frame of named(tree, 'p:graphicFrame')) yield* tableFaults(frame)
}

function* shapeFaults(shape: Node): Generator<string> {
  const [body] = named(shape, 'p:txBody')
  const [extent] = named(shape, 'a:ext').filter(({ attributes }) => attributes.cx)
  if (!body || !extent || named(shape, 'a:fld').length > 0) return
  const [fit] = named(body, 'a:normAutofit')
  const scale = Number(fit?.attributes.fontScale ?? 100_000) / 100_000
  const spacing = 1 - Number(fit?.attributes.lnSpcReduction ?? 0) / 100_000
  const width = Number(extent.attributes.cx) / EMU
  const paragraphs = named(body, 'a:p')
  const height = paragraphs.reduce((sum, one) => sum + paragraphHeight(one, width, scale, spacing), 0)
  const room = Number(extent.attributes.cy) / EMU
  const start = paragraphs.map(textOf).join(' ').slice(0, 30)
  if (height > room + TOLERANCE) yield `“${start}” is ${height.toFixed(2)} in high in a box of ${room.toFixed(2)}`
  for (const paragraph of paragraphs) yield* directionFaults(paragraph)
}

function paragraphHeight(paragraph: Node, width: number, scale: number, spacing: number): number {
  const [properties] = named(paragraph, 'a:pPr')
  const child = (name: string, of: string) =>
    named(named(properties ?? paragraph, name)[0] ?? empty, of)[0]?.attributes.val
  const indent = Number(properties?.attributes.marL ?? 0) / EMU
  const lineSpacing = Number(child('a:lnSpc', 'a:spcPct') ?? 100_000) / 100_000
  const after = Number(child('a:spcAft', 'a:spcPts') ?? 0) / 7200
  const size = sizeOf(paragraph) * scale
  const style = styleOf(paragraph)
  const room = (width - indent) * 72
  const lines = linesOf(textOf(paragraph), room, (text) => fonts.widthOf(text, style, size)).length
  return (lines * size * LINE * lineSpacing * spacing) / 72 + after
}

function* tableFaults(frame: Node): Generator<string> {
  const [place] = named(frame, 'a:off')
  const widths = named(frame, 'a:gridCol').map(({ attributes }) => Number(attributes.w) / EMU)
  let bottom = Number(place?.attributes.y ?? 0) / EMU
  for (const row of named(frame, 'a:tr')) {
    let height = Number(row.attributes.h) / EMU
    for (const [i, cell] of named(row, 'a:tc').entries()) {
      const [margins] = named(cell, 'a:tcPr')
      const room = widths[i]! - (Number(margins?.attributes.marL) + Number(margins?.attributes.marR)) / EMU
      const paragraphs = named(cell, 'a:p')
      const text = paragraphs.reduce((sum, one) => sum + paragraphHeight(one, room, 1, 1), 0)
      height = Math.max(height, text + 0.1)
      for (const paragraph of paragraphs) {
        yield* directionFaults(paragraph)
        yield* brokenNumbers(paragraph, room)
      }
    }
    bottom += height
  }
  if (bottom > SLIDE_HEIGHT) yield `a table ends ${bottom.toFixed(2)} in below the slide's top`
}

function* brokenNumbers(paragraph: Node, room: number): Generator<string> {
  for (const piece of pieces(textOf(paragraph))) {
    const width = fonts.widthOf(piece.trimEnd(), styleOf(paragraph), sizeOf(paragraph)) / 72
    if (/^[\d.,%€$-]+$/.test(piece.trimEnd()) && width > room + TOLERANCE) yield `the number ${piece} is broken`
  }
}

function* directionFaults(paragraph: Node): Generator<string> {
  const [properties] = named(paragraph, 'a:pPr')
  const { rtl, algn } = properties?.attributes ?? {}
  const text = textOf(paragraph)
  if (isRightToLeft(text) !== (rtl === '1')) yield `“${text.slice(0, 30)}” has the direction of another script`
  if (rtl === '1' && algn !== 'r') yield `“${text.slice(0, 30)}” begins at the wrong side`
}

const empty: Node = { name: '', attributes: {}, children: [], text: '' }

const textOf = (paragraph: Node) =>
  named(paragraph, 'a:t')
    .map(({ text }) => text)
    .join('')

function sizeOf(paragraph: Node): number {
  const sizes = [...named(paragraph, 'a:rPr'), ...named(paragraph, 'a:endParaRPr')].map(
    ({ attributes }) => attributes.sz,
  )
  return Number(sizes.find((size) => size !== undefined) ?? 1800) / 100
}

function styleOf(paragraph: Node): FontStyle {
  const [{ attributes } = empty] = named(paragraph, 'a:rPr')
  if (attributes.b === '1') return attributes.i === '1' ? 'boldItalic' : 'bold'
  return attributes.i === '1' ? 'italic' : 'regular'
}
