import type { Content } from './content.ts'
import type { Wish } from './wish.ts'
export function sheetInput(content: Content, _wish: Wish, _task: string): Record<string, unknown> {
  return { title: content.title }
}
export const plainSheetInput = sheetInput
