/**
 * HTML inside Markdown. Known tags take effect as far as a page can show it, and unknown tags leave their text. Scripts,
 * styles and comments are dropped.
 */
import { decodeHTMLStrict } from 'entities'
import type { Token, Tokens } from 'marked'

export interface Tag {
  name: string
  isClosing: boolean
  attributes: Map<string, string>
}

type Part = { text: string } | { tag: Tag }

/** Tags whose content is not text for people. */
const DROPPED = 'script|style|template|title'
// Each alternative ends at the next "<" or at a mark that is searched for once: linear in the length of the text.
const PARTS = new RegExp(
  `<!--[\\s\\S]*?(?:-->|$)|<(${DROPPED})\\b[\\s\\S]*?(?:</\\1\\s*>|$)|<[!?][^<>]*>|</?[a-z][^<>]*>|[^<]+|<`,
  'gi',
)
const TAG = /^<(\/?)([a-z][\w-]*)([^<>]*)>$/i
const ATTRIBUTE = /([a-z][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi

/** Control characters, which a numeric entity can bring in. */
const CONTROL = /[\p{Cc}\uFFFE\uFFFF]/gu

/** Replaces entities such as `&amp;` and `&#8364;` by their characters. Unknown ones stay as they are. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return decodeHTMLStrict(text).toWellFormed().replace(/\r\n?/g, '\n').replace(CONTROL, keepSpace)
}

const keepSpace = (control: string) => (control === '\n' || control === '\t' ? control : '')

/** Undefined for anything that is not a tag, such as comments and declarations. */
export function readTag(raw: string): Tag | undefined {
  const match = TAG.exec(raw.trim())
  if (!match) return undefined
  const attributes = new Map<string, string>()
  for (const [, name, double, single, bare] of match[3]!.matchAll(ATTRIBUTE)) {
    attributes.set(name!.toLowerCase(), decodeEntities(double ?? single ?? bare ?? ''))
  }
  return { name: match[2]!.toLowerCase(), isClosing: match[1] === '/', attributes }
}

/** Whether the text between this tag and its end is dropped. */
export const isDropped = (tag: Tag) => new RegExp(`^(${DROPPED})$`).test(tag.name)

/** An `<img>` as Markdown's image. */
export function imageOf(tag: Tag, raw: string): Tokens.Image | undefined {
  const href = tag.attributes.get('src')
  if (tag.name !== 'img' || !href) return undefined
  const text = tag.attributes.get('alt') ?? ''
  return { type: 'image', raw, href, title: null, text, tokens: [] }
}

/** A block of HTML as the Markdown tokens that look the same. */
export function htmlBlocks(html: string): Token[] {
  const reader = new BlockReader()
  for (const part of partsOf(html)) reader.read(part)
  return reader.end()
}

function* partsOf(html: string): Generator<Part & { raw: string }> {
  for (const [raw] of html.matchAll(PARTS)) {
    const tag = readTag(raw)
    if (tag && !isDropped(tag)) yield { raw, tag }
    else if (!/^<[!?a-z/]/i.test(raw)) yield { raw, text: raw }
  }
}

const BLOCKS = new Set(
  (
    'address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer ' +
    'form h1 h2 h3 h4 h5 h6 head header html li main nav ol p section summary table tbody tfoot thead tr ul'
  ).split(' '),
)

/** Collects inline tokens until a tag begins or ends a block. */
class BlockReader {
  readonly #blocks: Token[] = []
  readonly #lists: { isOrdered: boolean; count: number }[] = []
  #inline: Token[] = []
  #heading = 0
  #mark = ''
  #table: Tokens.TableCell[][] | undefined
  #isPreformatted = false

  read(part: Part & { raw: string }): void {
    if ('text' in part) this.#readText(part.text)
    else this.#readTag(part.tag, part.raw)
  }

  end(): Token[] {
    this.#endBlock()
    this.#endTable()
    return this.#blocks
  }

  #readText(text: string): void {
    if (this.#isPreformatted) {
      this.#inline.push({ type: 'text', raw: text, text: decodeEntities(text) } as Tokens.Text)
      return
    }
    if (text.trim() === '' && this.#inline.length === 0) return
    this.#inline.push({ type: 'text', raw: text, text: text.replace(/\s+/g, ' ') } as Tokens.Text)
  }

  #readTag(tag: Tag, raw: string): void {
    if (tag.name === 'hr') this.#add({ type: 'hr', raw })
    else if (tag.name === 'pre') this.#readPre(tag)
    else if (tag.name === 'td' || tag.name === 'th') this.#endCell(tag)
    else if (BLOCKS.has(tag.name)) this.#readBlockTag(tag)
    else this.#inline.push({ type: 'html', raw, text: raw, block: false, pre: false } as Tokens.HTML)
  }

  #readBlockTag(tag: Tag): void {
    this.#endBlock()
    const heading = /^h([1-6])$/.exec(tag.name)?.[1]
    if (heading) this.#heading = tag.isClosing ? 0 : Number(heading)
    if (tag.name === 'ul' || tag.name === 'ol') {
      if (tag.isClosing) this.#lists.pop()
      else this.#lists.push({ isOrdered: tag.name === 'ol', count: 0 })
    }
    if (tag.name === 'li' && !tag.isClosing) this.#mark = this.#nextMark()
    if (tag.name === 'table') {
      this.#endTable()
      if (!tag.isClosing) this.#table = []
    }
    if (tag.name === 'tr' && !tag.isClosing) this.#table?.push([])
  }

  #nextMark(): string {
    const list = this.#lists.at(-1)
    if (!list?.isOrdered) return '•\u00A0'
    list.count += 1
    return `${list.count}.\u00A0`
  }

  #readPre(tag: Tag): void {
    if (!tag.isClosing) {
      this.#endBlock()
      this.#isPreformatted = true
      return
    }
    const text = this.#inline.map((token) => (token.type === 'text' ? (token as Tokens.Text).text : '')).join('')
    this.#inline = []
    this.#isPreformatted = false
    if (text.trim() !== '') this.#add({ type: 'code', raw: text, text: text.replace(/^\n|\n$/g, '') } as Tokens.Code)
  }

  /** Outside of a row, a cell is an ordinary block. */
  #endCell(tag: Tag): void {
    const row = this.#table?.at(-1)
    if (!row) this.#endBlock()
    else if (tag.isClosing) row.push({ text: '', tokens: this.#inline, header: tag.name === 'th', align: null })
    if (row) this.#inline = []
  }

  #endTable(): void {
    const [header, ...rows] = this.#table?.filter((row) => row.length > 0) ?? []
    this.#table = undefined
    if (!header) return
    const columns = Math.max(header.length, ...rows.map((row) => row.length))
    const filled = (row: Tokens.TableCell[]) =>
      Array.from({ length: columns }, (_, i) => row[i] ?? { text: '', tokens: [], header: false, align: null })
    const align = Array.from({ length: columns }, () => null)
    this.#blocks.push({ type: 'table', raw: '', align, header: filled(header), rows: rows.map(filled) } as Tokens.Table)
  }

  #add(block: Token): void {
    this.#endBlock()
    this.#blocks.push(block)
  }

  #endBlock(): void {
    const tokens = this.#inline
    this.#inline = []
    if (tokens.every((token) => token.type === 'text' && (token as Tokens.Text).text.trim() === '')) return
    if (this.#mark) tokens.unshift({ type: 'text', raw: this.#mark, text: this.#mark } as Tokens.Text)
    this.#mark = ''
    const depth = this.#heading
    this.#blocks.push(
      depth > 0
        ? ({ type: 'heading', raw: '', depth, text: '', tokens } as Tokens.Heading)
        : ({ type: 'paragraph', raw: '', text: '', tokens } as Tokens.Paragraph),
    )
  }
}
