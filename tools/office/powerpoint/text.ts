/** Draws text in a box, in the direction of its script, and shrinks it until it fits. */

import { isRightToLeft } from '../text/direction.ts'
import type { FontStyle } from '../text/fonts.ts'
import { nameLastShape, type PptxSlide } from './library.ts'
import { heightOf } from './measure.ts'
import { FONT, type Theme } from './theme.ts'

/** A slide that is being drawn. */
export interface Canvas {
  slide: PptxSlide
  theme: Theme
  title: string
  /** Warnings about the deck. */
  warnings: Set<string>
}

export interface Box {
  x: number
  y: number
  w: number
  h: number
}

export interface Paragraph {
  text: string
  size: number
  color: string
  bold?: boolean
  italic?: boolean
  /** `indent` in points, for each level. */
  bullet?: { characterCode: string; indent: number; level: number }
  /** Points to the next paragraph. */
  after?: number
}

export interface TextBox extends Box {
  valign: 'top' | 'middle' | 'bottom'
  /** Another font than the deck's. */
  face?: 'Georgia'
  lineSpacing?: number
  /** The title placeholder of the layout, which has this box. */
  isTitle?: boolean
}

/** PowerPoint's own steps: the font size and the reduction of the line spacing, both in percent. */
const SHRINKS = [
  [100, 0],
  [92.5, 10],
  ...[85, 77.5, 70, 62.5, 55, 47.5, 40, 32.5, 25].map((scale) => [scale, 20] as const),
] as const
/** How much wider Georgia is than Calibri. These are the two fonts of decks. */
export const GEORGIA = 1.15
/** The minimum size in points that an audience can read. */
const READABLE = 10

export function drawText(canvas: Canvas, paragraphs: Paragraph[], box: TextBox): void {
  const lines = paragraphs.flatMap((paragraph) => paragraph.text.split('\n').map((text) => ({ ...paragraph, text })))
  const [scale, reduction] =
    SHRINKS.find(([scale, less]) => heightAt(lines, box, scale, less) <= box.h) ?? SHRINKS.at(-1)!
  warnIfTiny(canvas, Math.min(...lines.map((line) => line.size)) * (scale / 100))
  const { isTitle, lineSpacing, face, ...place } = box
  canvas.slide.addText(
    lines.map((line) => run(line)),
    {
      ...(isTitle ? { placeholder: 'title' } : place),
      valign: box.valign,
      fontFace: face ?? FONT,
      margin: 0,
      fit: 'shrink',
      lineSpacingMultiple: lineSpacing,
    },
  )
  const name = isTitle ? 'Title' : 'Text'
  // the library cannot write the scale; the shape's name tells it to mend.ts
  nameLastShape(canvas.slide, scale === 100 ? name : `${name}|${Math.round(scale * 1000)}|${reduction * 1000}`)
}

function run(line: Paragraph): { text: string; options: object } {
  const { text, size, color, bold, italic, bullet, after } = line
  const toLeft = isRightToLeft(text)
  return {
    text,
    options: {
      fontSize: size,
      color,
      bold,
      italic,
      paraSpaceAfter: after,
      breakLine: true,
      ...(bullet && {
        bullet: { indent: bullet.indent, characterCode: bullet.characterCode },
        indentLevel: bullet.level,
      }),
      ...(toLeft ? { rtlMode: true, align: 'right' } : { align: 'left' }),
    },
  }
}

function heightAt(lines: Paragraph[], box: TextBox, scale: number, reduction: number): number {
  const spacing = (box.lineSpacing ?? 1) * (1 - reduction / 100)
  return lines.reduce((sum, line) => {
    const indent = line.bullet ? (line.bullet.indent * (line.bullet.level + 1)) / 72 : 0
    const width = (box.w - indent) / (box.face ? GEORGIA : 1)
    const height = heightOf(line.text, width, (line.size * scale) / 100, styleOf(line))
    return sum + height * spacing + (line.after ?? 0) / 72
  }, 0)
}

function styleOf({ bold, italic }: Paragraph): FontStyle {
  if (bold) return italic ? 'boldItalic' : 'bold'
  return italic ? 'italic' : 'regular'
}

function warnIfTiny(canvas: Canvas, points: number): void {
  if (points >= READABLE) return
  const size = Math.round(points * 10) / 10
  canvas.warnings.add(
    `“${canvas.title}”: so much text that it is only ${size} points high. Say less, or use more slides.`,
  )
}
