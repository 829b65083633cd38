/** Draws Markdown blocks one after the other. */
import type { Token, Tokens } from 'marked'
import { ToolError } from '../../../contracts/tool-errors.ts'
import { fitInto, readPicture } from '../picture.ts'
import type { Direction } from './bidi.ts'
import { htmlBlocks } from './html.ts'
import { imagesIn, inlinePieces, plainText } from './inline.ts'
import { type Align, BODY_SIZE, bodyStyle, COLORS, indentOf, type Page } from './page.ts'
import type { StyledText, TextStyle } from './paragraph.ts'
import { drawTable, planTable } from './table.ts'
import { directionOf, LINE_GAP } from './typesetter.ts'

const INDENT = 18
const MAX_DEPTH = 12
const NARROWEST = 60
const HEADINGS = [20, 16, 13, 11.5, BODY_SIZE, BODY_SIZE]
const LINE = BODY_SIZE * 1.36 + LINE_GAP
const CODE: TextStyle = { font: 'mono', size: 8.5, color: COLORS.text }
const CODE_PADDING = 8

/** Where a block may be drawn, and how its text looks. */
interface Frame {
  x: number
  width: number
  style: TextStyle
  depth: number
  /** The direction of text without letters. */
  direction: Direction
  /** In a list or a quote, all lines begin on the same side. */
  align: Align
  workspace: string
}

export async function drawBlocks(page: Page, tokens: Token[], workspace: string): Promise<void> {
  const blocks = tokens.flatMap((token) => (token.type === 'html' ? htmlBlocks((token as Tokens.HTML).text) : [token]))
  for (const [i, token] of blocks.entries()) {
    if (token.type === 'space' || token.type === 'def') continue
    page.turn(isTurned(page, blocks.slice(i)))
    const { left: x, width, direction } = page
    const frame: Frame = { x, width, style: bodyStyle, depth: 0, direction, align: 'start', workspace }
    await drawBlock(page, token, frame)
  }
}

/** Whether `blocks` begin with a table that needs a landscape page, or with headings right before one. */
function isTurned(page: Page, blocks: Token[]): boolean {
  const [first, ...rest] = blocks.filter(({ type }) => type !== 'space')
  if (first?.type === 'table') return planTable(page, first as Tokens.Table).isTurned
  return first?.type === 'heading' && rest[0] !== undefined && isTurned(page, rest.slice(0, 1))
}

async function drawAll(page: Page, tokens: Token[], frame: Frame): Promise<void> {
  if (frame.depth > MAX_DEPTH)
    throw new ToolError('invalid_input', `Lists and quotes may be nested ${MAX_DEPTH} deep at most.`)
  for (const token of tokens) await drawBlock(page, token, frame)
}

async function drawBlock(page: Page, token: Token, frame: Frame): Promise<void> {
  switch (token.type) {
    case 'space':
    case 'def':
      return
    case 'heading':
      return drawHeading(page, token as Tokens.Heading, frame)
    case 'paragraph':
    case 'text':
      return drawParagraph(page, token as Tokens.Paragraph, frame)
    case 'list':
      return drawList(page, token as Tokens.List, frame)
    case 'table':
      drawTable(page, token as Tokens.Table, frame.depth === 0)
      return page.gap(10)
    case 'blockquote':
      return drawQuote(page, token as Tokens.Blockquote, frame)
    case 'code':
      return drawCode(page, (token as Tokens.Code).text, frame)
    case 'hr':
      return drawRule(page)
    case 'html':
      return drawAll(page, htmlBlocks((token as Tokens.HTML).text), frame)
    default:
      flow(page, [{ text: token.raw.trim(), style: frame.style }], frame)
      return page.gap(6)
  }
}

const flow = (page: Page, pieces: StyledText[], frame: Frame) =>
  page.flow(pieces, frame.x, frame.width, frame.align, frame.direction)

function drawHeading(page: Page, token: Tokens.Heading, frame: Frame): void {
  const size = HEADINGS[token.depth - 1] ?? BODY_SIZE
  page.gap(token.depth <= 2 ? 12 : 7)
  // a heading stays together with the lines that follow it
  page.ensure(size * 1.5 + 3 * LINE)
  const style: TextStyle = { font: 'bold', size, color: token.depth <= 2 ? COLORS.primary : COLORS.text }
  page.doc.outline.addItem(plainText(token.tokens))
  flow(page, inlinePieces(token.tokens, style), frame)
  page.gap(token.depth <= 2 ? 4 : 2)
}

async function drawParagraph(page: Page, token: Tokens.Paragraph, frame: Frame): Promise<void> {
  if (token.raw.trim() === '\\newpage') return page.next()
  const pieces = inlinePieces(token.tokens ?? [token], frame.style)
  if (pieces.some(({ text }) => text.trim() !== '')) {
    page.ensure(2 * LINE)
    flow(page, pieces, frame)
    page.gap(6)
  }
  for (const image of imagesIn(token.tokens)) await drawImage(page, image, frame)
}

const sideOf = (direction: Direction): Align => (direction === 'ltr' ? 'left' : 'right')

/** Marks are where lines begin, which is on the right if a list is read from right to left. */
async function drawList(page: Page, list: Tokens.List, frame: Frame): Promise<void> {
  const start = typeof list.start === 'number' ? list.start : 1
  const marks = list.items.map((item, i) => {
    if (item.task) return item.checked ? '☑' : '☐'
    return list.ordered ? `${start + i}.` : frame.depth % 2 === 0 ? '•' : '–'
  })
  const style: TextStyle = list.ordered ? frame.style : { ...frame.style, font: 'bold', color: COLORS.accent }
  const direction = directionOf(list.raw, frame.direction)
  const indent = Math.max(INDENT, Math.max(...marks.map((mark) => mark.length)) * 6 + 6)
  const width = Math.max(NARROWEST, frame.width - indent)
  const inner: Frame = { ...frame, width, direction, align: sideOf(direction), depth: frame.depth + 1 }
  if (direction === 'ltr') inner.x += indent
  for (const [i, item] of list.items.entries()) {
    page.ensure(LINE)
    drawMark(page, { text: marks[i]!, style }, direction === 'ltr' ? frame.x : frame.x + width, indent, direction)
    await drawAll(
      page,
      item.tokens.filter((token) => token.type !== 'checkbox'),
      inner,
    )
    page.doc.y = Math.max(page.doc.y - (list.loose ? 0 : 3), page.top)
  }
  page.gap(5)
}

/** Draws the mark beside the line that follows. */
function drawMark(page: Page, mark: StyledText, x: number, width: number, direction: Direction): void {
  const [line] = page.type.set([mark], width, direction).lines
  if (!line) return
  const { y } = page.doc
  page.type.draw(line, x + indentOf(line, width, 'start', direction), y)
  page.doc.y = y
}

async function drawQuote(page: Page, quote: Tokens.Blockquote, frame: Frame): Promise<void> {
  page.ensure(2 * LINE)
  const begin = page.doc.y
  const pages = page.count
  const style: TextStyle = { ...frame.style, font: 'italic', color: COLORS.muted }
  const direction = directionOf(quote.text, frame.direction)
  const width = Math.max(NARROWEST, frame.width - 14)
  const x = direction === 'ltr' ? frame.x + 14 : frame.x
  const align = sideOf(direction)
  await drawAll(page, quote.tokens, { ...frame, x, width, style, direction, align, depth: frame.depth + 1 })
  const top = page.count === pages ? begin : page.top
  const bar = direction === 'ltr' ? frame.x : frame.x + frame.width - 2.5
  page.doc.rect(bar, top, 2.5, Math.max(0, page.doc.y - 6 - top)).fill(COLORS.accent)
  page.gap(4)
}

function drawCode(page: Page, code: string, frame: Frame): void {
  const { doc } = page
  for (const text of code.replaceAll('\t', '    ').split('\n')) {
    const { lines } = page.type.set([{ text: text || ' ', style: CODE }], frame.width - 2 * CODE_PADDING, 'ltr', 2)
    for (const line of lines) {
      page.ensure(line.height)
      const top = doc.y
      // slightly higher than the line, so that there is no gap between two lines
      doc.rect(frame.x, top, frame.width, line.height + 0.3).fill(COLORS.panel)
      page.type.draw(line, frame.x + CODE_PADDING, top + 1)
      doc.y = top + line.height
    }
  }
  doc.x = page.left
  page.gap(9)
}

function drawRule(page: Page): void {
  page.ensure(16)
  const y = page.doc.y + 6
  page.doc
    .moveTo(page.left, y)
    .lineTo(page.left + page.width, y)
    .lineWidth(0.75)
    .strokeColor(COLORS.line)
    .stroke()
  page.doc.y = y + 12
}

/** A picture from the workspace, no larger than its natural size at 96 dots an inch, with its caption. */
async function drawImage(page: Page, image: Tokens.Image, frame: Frame): Promise<void> {
  if (/^[a-z]+:/i.test(image.href)) {
    page.warnings.push(`The image ${image.href.slice(0, 100)} is not in the workspace and was left out.`)
    return
  }
  const picture = await readPicture(frame.workspace, decodePath(image.href))
  if (picture.type === 'gif') throw new ToolError('invalid_input', `${image.href} is a gif; a PDF takes png and jpg.`)
  const { w, h } = fitInto(
    picture,
    Math.min(frame.width, picture.width * 0.75),
    Math.min(page.height * 0.6, picture.height * 0.75),
  )
  page.ensure(h + (image.text ? 24 : 8))
  page.doc.image(picture.bytes, frame.x + (frame.width - w) / 2, page.doc.y, { width: w, height: h })
  page.doc.y += h + 4
  if (image.text) {
    const style: TextStyle = { font: 'italic', size: 9, color: COLORS.muted }
    page.flow([{ text: image.text, style }], frame.x, frame.width, 'center', frame.direction)
  }
  page.gap(8)
}

/** Markdown writes a space in a path as %20. */
function decodePath(href: string): string {
  try {
    return decodeURIComponent(href)
  } catch {
    return href
  }
}
