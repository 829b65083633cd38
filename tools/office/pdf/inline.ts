/** Inline Markdown (bold, italic, code, links) as styled pieces of text. */

import type { Token, Tokens } from 'marked'
import { ownValue } from '../../../contracts/own-value.ts'
import { COLORS, type StyledText, type TextStyle } from './page.ts'

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", nbsp: ' ' }

export function inlinePieces(tokens: Token[] | undefined, style: TextStyle): StyledText[] {
  return (tokens ?? []).flatMap((token) => pieceOf(token, style))
}

/** The text alone. */
export function plainText(tokens: Token[] | undefined): string {
  const style: TextStyle = { font: 'regular', size: 1, color: '' }
  return inlinePieces(tokens, style)
    .map(({ text }) => text)
    .join('')
}

/** The images among inline tokens. */
export function imagesIn(tokens: Token[] | undefined): Tokens.Image[] {
  return (tokens ?? []).flatMap((token) =>
    token.type === 'image' ? [token as Tokens.Image] : 'tokens' in token ? imagesIn(token.tokens) : [],
  )
}

function pieceOf(token: Token, style: TextStyle): StyledText[] {
  switch (token.type) {
    case 'strong':
      return inlinePieces(token.tokens, { ...style, font: style.font === 'italic' ? 'boldItalic' : 'bold' })
    case 'em':
      return inlinePieces(token.tokens, { ...style, font: style.font === 'bold' ? 'boldItalic' : 'italic' })
    case 'del':
      return inlinePieces(token.tokens, { ...style, strike: true })
    case 'codespan':
      return [{ text: decode(token.text), style: { ...style, font: 'mono', size: style.size * 0.92 } }]
    case 'link':
      return inlinePieces(
        token.tokens,
        isSafe(token.href) ? { ...style, color: COLORS.accent, link: token.href } : style,
      )
    case 'br':
      return [{ text: '\n', style }]
    case 'image':
      return []
    case 'html':
      return [{ text: /^<br\s*\/?>$/i.test(token.raw.trim()) ? '\n' : token.raw, style }]
    default:
      if ('tokens' in token && token.tokens) return inlinePieces(token.tokens, style)
      return [{ text: decode('text' in token ? String(token.text) : token.raw).replace(/\s*\n\s*/g, ' '), style }]
  }
}

/** Links that a reader may be led to; no scripts, no files. */
function isSafe(href: string): boolean {
  return /^(https?:\/\/|mailto:)/i.test(href)
}

function decode(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos|#39|nbsp);/g, (_, name: string) => ownValue(ENTITIES, name) ?? '')
}
