/**
 * Arranges a slide's content: key figures on top, the rest side by side. Content that does not fit goes to another
 * slide.
 */

import { ToolError } from '../../../contracts/tool-errors.ts'
import {
  bulletHeight,
  cellTexts,
  columnsOf,
  PARAGRAPH_SPACING,
  READABLE_BULLET,
  rowHeight,
  type Table,
} from './blocks.ts'
import type { Columns } from './columns.ts'
import type { Slide } from './input.ts'
import { heightOf, paginate } from './measure.ts'
import type { Box } from './text.ts'
import { BODY } from './theme.ts'

const GAP = 0.4
const METRICS_HEIGHT = 1.35
export const HEADING_SIZE = 18
/** Inches below a column's heading, and the maximum height of both. */
export const HEADING_GAP = 0.12
const HEADING_MOST = 1.5

export type Block =
  | Prose
  /** Some rows of the table `whole`, with its column widths. */
  | { kind: 'table'; table: Table; whole: Table }
  | { kind: 'chart'; chart: NonNullable<Slide['chart']> }
  | { kind: 'image'; path: string }

export interface Prose {
  kind: 'prose'
  text?: string
  bullets: string[]
  heading?: string
  /** The height of the headings of columns, in inches. */
  headingHeight?: number
  panel?: boolean
}

export interface Placed {
  block: Block
  box: Box
}

/** One slide of the file. */
export interface Page {
  title: string
  notes?: string
  metrics?: { figures: NonNullable<Slide['metrics']>; box: Box }
  placed: Placed[]
}

export function arrange(slide: Slide): Page[] {
  const metrics = slide.metrics && { figures: slide.metrics, box: { ...BODY, h: METRICS_HEIGHT } }
  const top = metrics ? METRICS_HEIGHT + GAP : 0
  const area = { ...BODY, y: BODY.y + top, h: BODY.h - top }
  const [blocks, rest] = besides(blocksOf(slide), area)
  const boxes = sideBySide(blocks, area)
  levelHeadings(blocks, boxes)
  const placed = blocks.map((block, i) => {
    const [fitting, more] = split(block, boxes[i]!, slide.title)
    rest.push(...more)
    return { block: fitting, box: boxes[i]! }
  })
  const first: Page = { title: slide.title, notes: slide.notes, metrics, placed }
  return [first, ...rest.flatMap((block) => continuation(block, slide.title))]
}

/** Content that is side by side, and tables that are too wide for that and need a slide of their own. */
function besides(blocks: Block[], area: Box): [Block[], Block[]] {
  const boxes = sideBySide(blocks, area)
  const isTooWide = (block: Block, i: number) =>
    blocks.length > 1 && block.kind === 'table' && !columnsOf(block.whole, boxes[i]!.w)
  return [blocks.filter((block, i) => !isTooWide(block, i)), blocks.filter(isTooWide)]
}

/** The points of all columns begin at the same height, below the highest heading. */
function levelHeadings(blocks: Block[], boxes: Box[]): void {
  const heights = blocks.map((block, i) =>
    block.kind === 'prose' && block.heading
      ? heightOf(block.heading, inner(block, boxes[i]!).w, HEADING_SIZE, 'bold') + HEADING_GAP
      : 0,
  )
  const height = Math.min(HEADING_MOST, Math.max(0, ...heights))
  for (const block of blocks) if (block.kind === 'prose' && block.heading) block.headingHeight = height
}

function blocksOf(slide: Slide): Block[] {
  const blocks: Block[] = []
  if (slide.text || slide.bullets?.length)
    blocks.push({ kind: 'prose', text: slide.text, bullets: slide.bullets ?? [] })
  for (const column of slide.columns ?? [])
    blocks.push({ kind: 'prose', heading: column.heading, bullets: column.bullets, panel: true })
  if (slide.table) blocks.push({ kind: 'table', table: slide.table, whole: slide.table })
  if (slide.chart) blocks.push({ kind: 'chart', chart: slide.chart })
  if (slide.image) blocks.push({ kind: 'image', path: slide.image })
  return blocks
}

function sideBySide(blocks: Block[], area: Box): Box[] {
  const mixed = blocks.some((block) => block.kind !== 'prose')
  const weights = blocks.map((block) => (block.kind === 'prose' && mixed ? 0.75 : 1))
  const sum = weights.reduce((a, b) => a + b, 0)
  const width = area.w - GAP * (blocks.length - 1)
  let x = area.x
  return weights.map((weight) => {
    const box = { ...area, x, w: (width * weight) / sum }
    x += box.w + GAP
    return box
  })
}

/** The part of the block that fits into the box, and the rest for further slides. */
function split(block: Block, box: Box, title: string): [Block, Block[]] {
  if (block.kind === 'table') {
    const columns = columnsOf(block.whole, box.w)
    if (!columns) throw tooManyColumns(block.whole, title)
    const [first, ...more] = pagesOfRows(block.table, columns, box.h)
    return [{ ...block, table: first! }, more.map((table) => ({ ...block, table }))]
  }
  if (block.kind === 'prose') {
    const used = proseTop(block, box)
    const { h, w } = inner(block, box)
    const pages = paginate(block.bullets, h - used, (bullet) => bulletHeight(bullet, w, READABLE_BULLET))
    const first = evenShare(block, pages)
    const rest = block.bullets.slice(first.length)
    return [{ ...block, bullets: first }, rest.length > 0 ? [{ ...block, text: undefined, bullets: rest }] : []]
  }
  return [block, []]
}

function tooManyColumns(table: Table, title: string): ToolError {
  return new ToolError(
    'invalid_input',
    `The table of “${title}” has ${table.headers.length} columns, and their words and numbers do not fit beside each ` +
      'other on a slide. Use fewer columns or shorter texts, turn rows into columns, or make a spreadsheet.',
  )
}

/** The height of a block's heading and paragraph above its bullets, in inches. */
export function proseTop(block: Prose, box: Box): number {
  const heading = block.headingHeight ?? 0
  if (!block.text) return heading
  if (block.bullets.length === 0) return box.h
  return heading + Math.min(heightOf(block.text, box.w, 16) * PARAGRAPH_SPACING + 0.15, box.h * 0.6)
}

/** The part of its box that a block's text may take. */
export function inner(block: Prose, box: Box): Box {
  return block.panel ? { x: box.x + 0.3, y: box.y + 0.25, w: box.w - 0.6, h: box.h - 0.5 } : box
}

/** The number of bullets that fills the slides evenly, if no paragraph takes room on the first one. */
function evenShare(block: Prose, pages: string[][]): string[] {
  const first = pages[0] ?? []
  return block.text ? first : first.slice(0, Math.ceil(block.bullets.length / Math.max(1, pages.length)))
}

function pagesOfRows(table: Table, columns: Columns, height: number): Table[] {
  const rows = cellTexts(table)
  const available = height - rowHeight(table.headers, columns, true)
  const indexes = table.rows.map((_, i) => i)
  const pages = paginate(indexes, available, (i) => rowHeight(rows[i + 1]!, columns))
  if (pages.length === 0) return [table]
  return pages.map((page) => ({ headers: table.headers, rows: page.map((i) => table.rows[i]!) }))
}

/** A slide with the points that did not fit on the one before. */
export function listPages(title: string, bullets: string[]): Page[] {
  return continuation({ kind: 'prose', bullets }, title)
}

function continuation(block: Block, title: string): Page[] {
  const box = { ...BODY }
  levelHeadings([block], [box])
  const [fitting, more] = split(block, box, title)
  const page = { title: `${title} (continued)`, placed: [{ block: fitting, box }] }
  return [page, ...more.flatMap((next) => continuation(next, title))]
}
