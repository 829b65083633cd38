import type { Content } from './content.ts'
import type { Wish } from './wish.ts'
export function pdfInput(content: Content, _wish: Wish): Record<string, unknown> {
  return { title: content.title }
}
export function plainPdfInput(content: Content): Record<string, unknown> {
  return { title: content.title }
}
