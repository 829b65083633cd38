/** The kinds of content of a slide. Each is drawn into a box. */
import { isRightToLeft } from '../text/direction.ts'
import { type Columns, planColumns } from './columns.ts'
import type { Slide } from './input.ts'
import type { Border, PptxSlide } from './library.ts'
import { heightOf, largestFitting, linesOf } from './measure.ts'
import { type Box, type Canvas, drawText } from './text.ts'
import { FONT, type Theme } from './theme.ts'

const BULLET_SIZES = [22, 20, 18, 16]
/** Points. */
const INDENT = { top: 20, nested: 16 }

export type Table = NonNullable<Slide['table']>
type Chart = NonNullable<Slide['chart']>

export function drawBullets(canvas: Canvas, bullets: string[], box: Box): void {
  const size = largestFitting(BULLET_SIZES, box.h, (fontSize) => bulletsHeight(bullets, box.w, fontSize))
  const { theme } = canvas
  const paragraphs = bullets.map((bullet) => ({
    text: bulletText(bullet),
    size: bulletSize(bullet, size),
    color: isNested(bullet) ? theme.muted : theme.text,
    bullet: isNested(bullet)
      ? { indent: INDENT.nested, characterCode: '2013', level: 1 }
      : { indent: INDENT.top, characterCode: '25AA', level: 0 },
    after: size / 2,
  }))
  drawText(canvas, paragraphs, { ...box, valign: 'top' })
}

/** A list that would need a smaller size than this continues on another slide. */
export const READABLE_BULLET = 16

/** Height of the list in inches. */
export function bulletsHeight(bullets: string[], width: number, fontSize: number): number {
  return bullets.reduce((sum, bullet) => sum + bulletHeight(bullet, width, fontSize), 0)
}

export function bulletHeight(bullet: string, width: number, fontSize: number): number {
  const indent = isNested(bullet) ? INDENT.nested * 2 : INDENT.top
  return heightOf(bulletText(bullet), width - indent / 72, bulletSize(bullet, fontSize)) + fontSize / 2 / 72
}

function bulletSize(bullet: string, fontSize: number): number {
  return isNested(bullet) ? Math.max(12, fontSize - 2) : fontSize
}

export const PARAGRAPH_SPACING = 1.1

export function drawParagraph(canvas: Canvas, text: string, box: Box): void {
  const height = (size: number) => heightOf(text, box.w, size) * PARAGRAPH_SPACING
  const size = largestFitting([20, 18, 16, 14, 12], box.h, height)
  const paragraph = { text, size, color: canvas.theme.text }
  drawText(canvas, [paragraph], { ...box, valign: 'top', lineSpacing: PARAGRAPH_SPACING })
}

export function drawMetrics(canvas: Canvas, metrics: NonNullable<Slide['metrics']>, box: Box): void {
  const { slide, theme } = canvas
  const gap = 0.3
  const w = (box.w - gap * (metrics.length - 1)) / metrics.length
  for (const [i, metric] of metrics.entries()) {
    const x = box.x + i * (w + gap)
    slide.addShape('rect', { x, y: box.y, w, h: box.h, fill: { color: theme.panel } })
    slide.addShape('rect', { x, y: box.y, w: 0.07, h: box.h, fill: { color: theme.accent } })
    const size = largestFitting([40, 34, 28, 22, 18], 1, (size) => linesOf(metric.value, w - 0.4, size, 'bold'))
    const paragraphs = [
      { text: metric.value, size, bold: true, color: theme.text },
      { text: metric.label, size: 14, color: theme.muted },
    ]
    drawText(canvas, paragraphs, { x: x + 0.3, y: box.y, w: w - 0.4, h: box.h, valign: 'middle' })
  }
}

export function drawTable(canvas: Canvas, table: Table, columns: Columns, box: Box): void {
  const { theme } = canvas
  const rows = cellTexts(table)
  const numeric = table.headers.map(
    (_, i) => table.rows.length > 0 && table.rows.every((row) => typeof (row[i] ?? 0) === 'number'),
  )
  const margin: [number, number, number, number] = [0.05, columns.margin, 0.05, columns.margin]
  const cell = (text: string, i: number, options: object) => {
    const toLeft = isRightToLeft(text)
    const align = numeric[i] || toLeft ? ('right' as const) : ('left' as const)
    return { text, options: { align, margin, ...(toLeft && { rtlMode: true }), ...options } }
  }
  const line = { type: 'solid' as const, pt: 0.75, color: theme.line }
  const none = { type: 'none' as const }
  const border: [Border, Border, Border, Border] = [none, none, line, none]
  const [headers = [], ...body] = rows
  canvas.slide.addTable(
    [
      headers.map((text, i) => cell(text, i, { bold: true, color: theme.onPrimary, fill: { color: theme.primary } })),
      ...body.map((row, r) =>
        row.map((text, i) =>
          cell(text, i, { color: theme.text, border, fill: { color: r % 2 === 1 ? theme.panel : theme.background } }),
        ),
      ),
    ],
    {
      x: box.x,
      y: box.y,
      w: box.w,
      colW: columns.widths,
      rowH: rows.map((row, i) => rowHeight(row, columns, i === 0)),
      // the library cannot make a right-to-left table; the shape's name tells mend.ts to do it
      objectName: table.headers.some(isRightToLeft) ? 'Table|rtl' : 'Table',
      fontFace: FONT,
      fontSize: columns.fontSize,
      valign: 'middle',
      border: none,
    },
  )
}

const plans = new WeakMap<Table, Map<number, Columns | undefined>>()

/** The columns of a table of this width in inches, undefined if it has too many. Computed once for each width. */
export function columnsOf(table: Table, width: number): Columns | undefined {
  const known = plans.get(table) ?? new Map<number, Columns | undefined>()
  plans.set(table, known)
  if (!known.has(width)) known.set(width, planColumns(cellTexts(table), width))
  return known.get(width)
}

/** Header and rows as the texts that are shown, every row as long as the header. */
export function cellTexts(table: Table): string[][] {
  const rows = table.rows.map((row) => table.headers.map((_, i) => formatCell(row[i])))
  return [table.headers, ...rows]
}

/** Height of one row in inches. */
export function rowHeight(row: string[], { widths, margin, fontSize }: Columns, isHeader = false): number {
  const style = isHeader ? 'bold' : 'regular'
  const heights = row.map((text, i) => heightOf(text, widths[i]! - margin * 2, fontSize, style))
  return Math.max(0.4, Math.max(...heights) + 0.14)
}

export function drawChart(slide: PptxSlide, chart: Chart, box: Box, theme: Theme): void {
  const round = chart.type === 'pie' || chart.type === 'doughnut'
  const values = !round && !chart.stacked && chart.type !== 'area' && chart.labels.length * chart.series.length <= 16
  const type = chart.type === 'column' ? 'bar' : chart.type
  slide.addChart(
    type,
    chart.series.map((series) => ({ name: series.name || 'Series', labels: chart.labels, values: series.values })),
    {
      ...box,
      altText: describeChart(chart),
      chartColors: round ? colours(theme.series, chart.labels.length) : colours(theme.series, chart.series.length),
      showTitle: chart.title !== undefined,
      title: chart.title,
      titleFontSize: 14,
      titleColor: theme.text,
      titleFontFace: FONT,
      showLegend: round || chart.series.length > 1,
      legendPos: round ? 'r' : 'b',
      legendFontSize: 12,
      legendColor: theme.text,
      legendFontFace: FONT,
      showValue: values,
      valAxisHidden: values && type === 'bar',
      // bars that do not begin at zero are misleading
      valAxisMinVal: type === 'bar' && chart.series.every((series) => Math.min(...series.values) >= 0) ? 0 : undefined,
      showPercent: round,
      showLeaderLines: round,
      dataLabelColor: round ? 'FFFFFF' : theme.text,
      dataLabelFontBold: round,
      dataLabelFontFace: FONT,
      dataLabelFontSize: round ? 12 : 11,
      dataLabelPosition: labelPosition(chart),
      dataLabelFormatCode: round ? '0%' : (chart.number_format ?? '#,##0.##'),
      valAxisLabelFormatCode: chart.number_format ?? '#,##0.##',
      catAxisLabelColor: theme.text,
      catAxisLabelFontFace: FONT,
      catAxisLabelFontSize: 12,
      valAxisLabelColor: theme.muted,
      valAxisLabelFontFace: FONT,
      valAxisLabelFontSize: 11,
      valAxisLineShow: false,
      valGridLine: values && type === 'bar' ? { style: 'none' } : { color: theme.line, size: 0.5 },
      catGridLine: { style: 'none' },
      barDir: chart.type === 'bar' ? 'bar' : 'col',
      barGrouping: chart.stacked ? 'stacked' : 'clustered',
      barGapWidthPct: 60,
      // bars are in the given order from top to bottom; the library's types have only the opposite order
      catAxisOrientation: (chart.type === 'bar' ? 'maxMin' : 'minMax') as 'minMax',
      lineSize: 2.5,
      lineDataSymbolSize: 7,
      holeSize: 60,
      dataBorder: { pt: 1, color: theme.background },
    },
  )
}

function labelPosition(chart: Chart): 'ctr' | 'outEnd' | 't' | undefined {
  if (chart.type === 'pie') return 'ctr'
  if (chart.type === 'line') return 't'
  return (chart.type === 'column' || chart.type === 'bar') && !chart.stacked ? 'outEnd' : undefined
}

function describeChart(chart: Chart): string {
  const series = chart.series.map(
    (s) => `${s.name}: ${chart.labels.map((label, i) => `${label} ${s.values[i]}`).join(', ')}`,
  )
  return `${chart.title ?? `${chart.type} chart`}. ${series.join('; ')}`.slice(0, 500)
}

function colours(palette: string[], count: number): string[] {
  return Array.from({ length: count }, (_, i) => palette[i % palette.length]!)
}

function formatCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 4 }) : value
}

function isNested(bullet: string): boolean {
  return /^(\s{2,}|\t)/.test(bullet)
}

/** Models often write the bullet character themselves. */
function bulletText(bullet: string): string {
  return bullet.trim().replace(/^[-*•–]\s+/, '')
}
