/**
 * Slide masters: what all slides of a kind share. Titles are real placeholders, so outlines and screen readers find
 * them.
 */
import type { Placeholder, Pptx } from './library.ts'
import { shortened } from './measure.ts'
import type { TextBox } from './text.ts'
import { BODY, FONT, PAGE, type Theme } from './theme.ts'

interface Title extends Omit<TextBox, 'isTitle'> {
  size: number
  bold: boolean
}

/** Where each layout has its title. */
export const TITLES = {
  CONTENT: { x: BODY.x, y: 0.35, w: BODY.w, h: 0.92, size: 28, bold: true, valign: 'middle' },
  COVER: { x: 1.1, y: 1.6, w: 11, h: 2.6, size: 44, bold: true, valign: 'bottom' },
  SECTION: { x: 1.1, y: 2.5, w: 11, h: 1.4, size: 38, bold: true, valign: 'middle' },
  QUOTE: { x: 1.6, y: 5.6, w: 10.2, h: 0.8, size: 18, bold: false, valign: 'top' },
} as const satisfies Record<string, Title>
const FOOTER_WIDTH = 10
export type Layout = keyof typeof TITLES

export function titleColor(layout: Layout, theme: Theme): string {
  if (layout === 'QUOTE') return theme.muted
  return layout === 'CONTENT' ? theme.text : theme.onPrimary
}

export function defineMasters(pptx: Pptx, theme: Theme, deckTitle: string): void {
  const footerPlace = { x: BODY.x, y: 6.95, w: FOOTER_WIDTH, h: 0.3 }
  const footer = { fontFace: FONT, fontSize: 10, color: theme.muted }
  pptx.defineSlideMaster({
    title: 'CONTENT',
    background: { color: theme.background },
    objects: [
      title('CONTENT', theme),
      { rect: { x: BODY.x, y: 1.3, w: 0.9, h: 0.05, fill: { color: theme.accent } } },
      { line: { x: BODY.x, y: 6.88, w: BODY.w, h: 0, line: { color: theme.line, width: 0.75 } } },
      { text: { text: shortened(deckTitle, FOOTER_WIDTH, 10), options: { ...footer, ...footerPlace, margin: 0 } } },
    ],
    slideNumber: { ...footer, x: PAGE.width - 1.6, y: 6.95, w: 1, h: 0.3, align: 'right', margin: 0 },
  })
  pptx.defineSlideMaster({
    title: 'COVER',
    background: { color: theme.primary },
    objects: [
      { rect: { x: 0, y: 0, w: 0.35, h: PAGE.height, fill: { color: theme.accent } } },
      { rect: { x: 1.1, y: 4.35, w: 1.4, h: 0.07, fill: { color: theme.accent } } },
      title('COVER', theme),
    ],
  })
  pptx.defineSlideMaster({
    title: 'SECTION',
    background: { color: theme.primary },
    objects: [{ rect: { x: 1.1, y: 2.3, w: 0.9, h: 0.07, fill: { color: theme.accent } } }, title('SECTION', theme)],
    slideNumber: { ...footer, x: PAGE.width - 1.6, y: 6.95, w: 1, h: 0.3, align: 'right', margin: 0 },
  })
  pptx.defineSlideMaster({
    title: 'QUOTE',
    background: { color: theme.background },
    objects: [
      {
        text: {
          text: '“',
          options: { x: 1, y: 0.7, w: 1.5, h: 1.5, fontFace: 'Georgia', fontSize: 115, color: theme.accent, margin: 0 },
        },
      },
      title('QUOTE', theme),
    ],
    slideNumber: { ...footer, x: PAGE.width - 1.6, y: 6.95, w: 1, h: 0.3, align: 'right', margin: 0 },
  })
}

function title(layout: Layout, theme: Theme): { placeholder: { options: Placeholder; text: string } } {
  const { size, ...place } = TITLES[layout]
  const options = {
    name: 'title',
    type: 'title' as const,
    fontFace: FONT,
    fontSize: size,
    color: titleColor(layout, theme),
    align: 'left' as const,
    margin: 0,
    fit: 'shrink',
    ...place,
  }
  return { placeholder: { options, text: '' } }
}
