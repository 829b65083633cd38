/** Arranges a slide's content: key figures on top, the rest side by side; what does not fit goes on to another slide. */

import { columnWidths } from '../column-widths.ts'
import { type Box, bulletHeight, cellTexts, READABLE_BULLET, rowHeight, type Table } from './blocks.ts'
import type { Slide } from './input.ts'
import { heightOf, paginate } from './measure.ts'
import { BODY } from './theme.ts'

const GAP = 0.4
const METRICS_HEIGHT = 1.35

export type Block =
  | { kind: 'prose'; text?: string; bullets: string[]; heading?: string; panel?: boolean }
  | { kind: 'table'; table: Table }
  | { kind: 'chart'; chart: NonNullable<Slide['chart']> }
  | { kind: 'image'; path: string }

export interface Placed {
  block: Block
  box: Box
}

/** One slide as it will stand in the file. */
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
  const blocks = blocksOf(slide)
  const boxes = sideBySide(blocks, area)
  const rest: Block[] = []
  const placed = blocks.map((block, i) => {
    const [fitting, more] = split(block, boxes[i]!)
    rest.push(...more)
    return { block: fitting, box: boxes[i]! }
  })
  const first: Page = { title: slide.title, notes: slide.notes, metrics, placed }
  return [first, ...rest.flatMap((block) => continuation(block, slide.title))]
}

function blocksOf(slide: Slide): Block[] {
  const blocks: Block[] = []
  if (slide.text || slide.bullets?.length)
    blocks.push({ kind: 'prose', text: slide.text, bullets: slide.bullets ?? [] })
  for (const column of slide.columns ?? [])
    blocks.push({ kind: 'prose', heading: column.heading, bullets: column.bullets, panel: true })
  if (slide.table) blocks.push({ kind: 'table', table: slide.table })
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

/** What of the block fits into the box, and what is left for further slides. */
function split(block: Block, box: Box): [Block, Block[]] {
  if (block.kind === 'table') {
    const [first, ...more] = pagesOfRows(block.table, box)
    return [{ kind: 'table', table: first! }, more.map((table) => ({ kind: 'table', table }))]
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

/** Height that heading and paragraph of a block take before its bullets, in inches. */
export function proseTop(block: Extract<Block, { kind: 'prose' }>, box: Box): number {
  const heading = block.heading ? 0.5 : 0
  if (!block.text) return heading
  if (block.bullets.length === 0) return box.h
  return heading + Math.min(heightOf(block.text, box.w, 16) * 1.15 + 0.15, box.h * 0.6)
}

/** The part of its box that a block's text may take. */
export function inner(block: Extract<Block, { kind: 'prose' }>, box: Box): Box {
  return block.panel ? { x: box.x + 0.3, y: box.y + 0.25, w: box.w - 0.6, h: box.h - 0.5 } : box
}

/** As many bullets as fill the pages evenly, when there is no paragraph that takes room from the first. */
function evenShare(block: Extract<Block, { kind: 'prose' }>, pages: string[][]): string[] {
  const first = pages[0] ?? []
  return block.text ? first : first.slice(0, Math.ceil(block.bullets.length / Math.max(1, pages.length)))
}

function pagesOfRows(table: Table, box: Box): Table[] {
  const rows = cellTexts(table)
  const widths = columnWidths(rows, box.w)
  const available = box.h - rowHeight(table.headers, widths)
  const indexes = table.rows.map((_, i) => i)
  const pages = paginate(indexes, available, (i) => rowHeight(rows[i + 1]!, widths))
  if (pages.length === 0) return [table]
  return pages.map((page) => ({ headers: table.headers, rows: page.map((i) => table.rows[i]!) }))
}

function continuation(block: Block, title: string): Page[] {
  const [fitting, more] = split(block, BODY)
  const page = { title: `${title} (continued)`, placed: [{ block: fitting, box: { ...BODY } }] }
  return [page, ...more.flatMap((next) => continuation(next, title))]
}
