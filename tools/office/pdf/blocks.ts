/** Draws Markdown blocks one after the other. */
import type { Token, Tokens } from 'marked'
import { ToolError } from '../../../contracts/tool-errors.ts'
import { fitInto, readPicture } from '../picture.ts'
import { imagesIn, inlinePieces, plainText } from './inline.ts'
import { BODY_SIZE, bodyStyle, COLORS, LINE_GAP, type Page, type TextStyle } from './page.ts'
import { drawTable } from './table.ts'

const INDENT = 18
const MAX_DEPTH = 12
const HEADINGS = [20, 16, 13, 11.5, BODY_SIZE, BODY_SIZE]
const LINE = BODY_SIZE * 1.36 + LINE_GAP

/** Where a block may stand, and how its text looks. */
interface Frame {
  x: number
  width: number
  style: TextStyle
  depth: number
  workspace: string
}

export async function drawBlocks(page: Page, tokens: Token[], workspace: string): Promise<void> {
  await drawAll(page, tokens, { x: page.left, width: page.width, style: bodyStyle, depth: 0, workspace })
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
      drawTable(page, token as Tokens.Table)
      return page.gap(10)
    case 'blockquote':
      return drawQuote(page, token as Tokens.Blockquote, frame)
    case 'code':
      return drawCode(page, (token as Tokens.Code).text, frame)
    case 'hr':
      return drawRule(page)
    default:
      page.flow([{ text: token.raw.trim(), style: frame.style }], frame.x, frame.width)
      return page.gap(6)
  }
}

function drawHeading(page: Page, token: Tokens.Heading, frame: Frame): void {
  const size = HEADINGS[token.depth - 1] ?? BODY_SIZE
  page.gap(token.depth <= 2 ? 12 : 7)
  // A heading stays with the lines that follow it.
  page.ensure(size * 1.5 + 3 * LINE)
  const style: TextStyle = { font: 'bold', size, color: token.depth <= 2 ? COLORS.primary : COLORS.text }
  page.doc.outline.addItem(plainText(token.tokens))
  page.flow(inlinePieces(token.tokens, style), frame.x, frame.width)
  page.gap(token.depth <= 2 ? 4 : 2)
}

async function drawParagraph(page: Page, token: Tokens.Paragraph, frame: Frame): Promise<void> {
  if (token.raw.trim() === '\\newpage') {
    page.doc.addPage()
    return
  }
  const pieces = inlinePieces(token.tokens ?? [token], frame.style)
  if (pieces.some(({ text }) => text.trim() !== '')) {
    page.ensure(2 * LINE)
    page.flow(pieces, frame.x, frame.width)
    page.gap(6)
  }
  for (const image of imagesIn(token.tokens)) await drawImage(page, image, frame)
}

async function drawList(page: Page, list: Tokens.List, frame: Frame): Promise<void> {
  const start = typeof list.start === 'number' ? list.start : 1
  const marks = list.items.map((item, i) => {
    if (item.task) return item.checked ? '☑' : '☐'
    return list.ordered ? `${start + i}.` : frame.depth % 2 === 0 ? '•' : '–'
  })
  const indent = Math.max(INDENT, Math.max(...marks.map((mark) => mark.length)) * 6 + 6)
  for (const [i, item] of list.items.entries()) {
    page.ensure(LINE)
    const { y } = page.doc
    const pageNumber = page.doc.bufferedPageRange().count
    page.flow(
      [
        {
          text: marks[i]!,
          style: {
            ...frame.style,
            font: list.ordered ? frame.style.font : 'bold',
            color: list.ordered ? frame.style.color : COLORS.accent,
          },
        },
      ],
      frame.x,
      indent,
    )
    if (page.doc.bufferedPageRange().count === pageNumber) page.doc.y = y
    const inner = { ...frame, x: frame.x + indent, width: Math.max(60, frame.width - indent), depth: frame.depth + 1 }
    await drawAll(
      page,
      item.tokens.filter((token) => token.type !== 'checkbox'),
      inner,
    )
    page.doc.y = Math.max(page.doc.y - (list.loose ? 0 : 3), page.doc.page.margins.top)
  }
  page.gap(5)
}

async function drawQuote(page: Page, quote: Tokens.Blockquote, frame: Frame): Promise<void> {
  page.ensure(2 * LINE)
  const top = page.doc.y
  const pages = page.doc.bufferedPageRange().count
  const style: TextStyle = { ...frame.style, font: 'italic', color: COLORS.muted }
  await drawAll(page, quote.tokens, {
    ...frame,
    x: frame.x + 14,
    width: Math.max(60, frame.width - 14),
    style,
    depth: frame.depth + 1,
  })
  const begin = page.doc.bufferedPageRange().count === pages ? top : page.doc.page.margins.top
  page.doc.rect(frame.x, begin, 2.5, Math.max(0, page.doc.y - 6 - begin)).fill(COLORS.accent)
  page.gap(4)
}

function drawCode(page: Page, code: string, frame: Frame): void {
  const { doc } = page
  const size = 8.5
  for (const line of code.replaceAll('\t', '    ').split('\n')) {
    const text = line || ' '
    page.useFontFor(text, 'mono', size)
    const height = doc.heightOfString(text, { width: frame.width - 16 }) + 2
    page.ensure(height)
    const top = doc.y
    doc.rect(frame.x, top, frame.width, height).fill(COLORS.panel)
    doc.fillColor(COLORS.text).text(text, frame.x + 8, top + 1, { width: frame.width - 16, height })
    doc.y = top + height
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
    page.flow([{ text: image.text, style }], frame.x, frame.width, 'center')
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
