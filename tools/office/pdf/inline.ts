/** Inline Markdown (bold, italic, code, links) and inline HTML as styled pieces of text. */
import type { Token, Tokens } from 'marked'
import { decodeEntities, imageOf, isDropped, readTag, type Tag } from './html.ts'
import { COLORS } from './page.ts'
import type { StyledText, TextStyle } from './paragraph.ts'

/** The size of raised and lowered text, relative to the text beside it. */
const SMALL = 0.68

export function inlinePieces(tokens: Token[] | undefined, style: TextStyle): StyledText[] {
  const open = new OpenTags(style)
  return (tokens ?? []).flatMap((token) => {
    if (token.type === 'html') return open.read((token as Tokens.HTML).text)
    return open.isDropping ? [] : pieceOf(token, open.style)
  })
}

/** The text without styles. */
export function plainText(tokens: Token[] | undefined): string {
  const style: TextStyle = { font: 'regular', size: 1, color: '' }
  return inlinePieces(tokens, style)
    .map(({ text }) => text)
    .join('')
}

/** The images among inline tokens. */
export function imagesIn(tokens: Token[] | undefined): Tokens.Image[] {
  return (tokens ?? []).flatMap((token) => {
    if (token.type === 'image') return [token as Tokens.Image]
    if (token.type === 'html') return imageInTag(token.raw)
    return 'tokens' in token ? imagesIn(token.tokens) : []
  })
}

function imageInTag(raw: string): Tokens.Image[] {
  const tag = readTag(raw)
  const image = tag && imageOf(tag, raw)
  return image ? [image] : []
}

function pieceOf(token: Token, style: TextStyle): StyledText[] {
  switch (token.type) {
    case 'strong':
      return inlinePieces(token.tokens, bold(style))
    case 'em':
      return inlinePieces(token.tokens, italic(style))
    case 'del':
      return inlinePieces(token.tokens, { ...style, strike: true })
    case 'codespan':
      return [{ text: token.text, style: mono(style) }]
    case 'link':
      return inlinePieces(token.tokens, linked(style, token.href))
    case 'br':
      return [{ text: '\n', style }]
    case 'image':
    case 'checkbox':
      return []
    default:
      if ('tokens' in token && token.tokens) return inlinePieces(token.tokens, style)
      return [
        { text: decodeEntities('text' in token ? String(token.text) : token.raw).replace(/ *\n\s*/g, ' '), style },
      ]
  }
}

/** The HTML tags that are open at a place in the text, and the style that they give to it. */
class OpenTags {
  readonly #outer: TextStyle
  readonly #open: { name: string; style: TextStyle }[] = []
  #dropping: string | undefined

  constructor(style: TextStyle) {
    this.#outer = style
  }

  get style(): TextStyle {
    return this.#open.at(-1)?.style ?? this.#outer
  }

  get isDropping(): boolean {
    return this.#dropping !== undefined
  }

  /** Processes a tag and returns the text that replaces it. */
  read(raw: string): StyledText[] {
    const tag = readTag(raw)
    if (!tag) return []
    if (this.#dropping) {
      if (tag.isClosing && tag.name === this.#dropping) this.#dropping = undefined
      return []
    }
    if (isDropped(tag)) {
      if (!tag.isClosing) this.#dropping = tag.name
      return []
    }
    if (tag.name === 'br') return [{ text: '\n', style: this.style }]
    if (tag.name === 'wbr') return [{ text: '\u200B', style: this.style }]
    if (tag.name === 'q') return [{ text: tag.isClosing ? '”' : '“', style: this.style }]
    if (tag.isClosing) this.#close(tag.name)
    else this.#begin(tag)
    return []
  }

  #begin(tag: Tag): void {
    const style = styleOf(tag, this.style)
    if (style) this.#open.push({ name: tag.name, style })
  }

  /** Also closes tags that were opened inside and not closed. */
  #close(name: string): void {
    const index = this.#open.findLastIndex((open) => open.name === name)
    if (index >= 0) this.#open.splice(index)
  }
}

/** Undefined for a tag that does not change the look of its text. */
function styleOf(tag: Tag, style: TextStyle): TextStyle | undefined {
  switch (tag.name) {
    case 'b':
    case 'strong':
      return bold(style)
    case 'i':
    case 'em':
    case 'cite':
    case 'dfn':
    case 'var':
      return italic(style)
    case 'u':
    case 'ins':
      return { ...style, underline: true }
    case 's':
    case 'del':
    case 'strike':
      return { ...style, strike: true }
    case 'code':
    case 'kbd':
    case 'samp':
    case 'tt':
      return mono(style)
    case 'small':
      return { ...style, size: style.size * 0.85 }
    case 'sub':
      return { ...style, size: style.size * SMALL, rise: (style.rise ?? 0) - style.size * 0.15 }
    case 'sup':
      return { ...style, size: style.size * SMALL, rise: (style.rise ?? 0) + style.size * 0.38 }
    case 'a':
      return linked(style, tag.attributes.get('href') ?? '')
    default:
      return undefined
  }
}

const bold = (style: TextStyle): TextStyle => ({ ...style, font: isItalic(style) ? 'boldItalic' : 'bold' })
const italic = (style: TextStyle): TextStyle => ({ ...style, font: isBold(style) ? 'boldItalic' : 'italic' })
const mono = (style: TextStyle): TextStyle => ({ ...style, font: 'mono', size: style.size * 0.92 })
const linked = (style: TextStyle, href: string): TextStyle =>
  isSafe(href) ? { ...style, color: COLORS.accent, link: href } : style

const isItalic = ({ font }: TextStyle) => font === 'italic' || font === 'boldItalic'
const isBold = ({ font }: TextStyle) => font === 'bold' || font === 'boldItalic'

/** Allowed targets of links: no scripts and no files. */
function isSafe(href: string): boolean {
  return /^(https?:\/\/|mailto:)/i.test(href)
}
