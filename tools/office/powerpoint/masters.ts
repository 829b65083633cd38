/** Slide masters: what every slide of a kind shares. Titles are real placeholders, so outlines and screen readers see them. */
import type { Placeholder, Pptx } from './library.ts'
import { BODY, FONT, PAGE, type Theme } from './theme.ts'

export function defineMasters(pptx: Pptx, theme: Theme, deckTitle: string): void {
  const footer = { fontFace: FONT, fontSize: 10, color: theme.muted }
  pptx.defineSlideMaster({
    title: 'CONTENT',
    background: { color: theme.background },
    objects: [
      title({ x: BODY.x, y: 0.4, w: BODY.w, h: 0.9, fontSize: 28, bold: true, color: theme.text, valign: 'middle' }),
      { rect: { x: BODY.x, y: 1.3, w: 0.9, h: 0.05, fill: { color: theme.accent } } },
      { line: { x: BODY.x, y: 6.88, w: BODY.w, h: 0, line: { color: theme.line, width: 0.75 } } },
      { text: { text: deckTitle, options: { ...footer, x: BODY.x, y: 6.95, w: 10, h: 0.3, margin: 0 } } },
    ],
    slideNumber: { ...footer, x: PAGE.width - 1.6, y: 6.95, w: 1, h: 0.3, align: 'right', margin: 0 },
  })
  pptx.defineSlideMaster({
    title: 'COVER',
    background: { color: theme.primary },
    objects: [
      { rect: { x: 0, y: 0, w: 0.35, h: PAGE.height, fill: { color: theme.accent } } },
      { rect: { x: 1.1, y: 4.35, w: 1.4, h: 0.07, fill: { color: theme.accent } } },
      title({ x: 1.1, y: 1.6, w: 11, h: 2.6, fontSize: 44, bold: true, color: theme.onPrimary, valign: 'bottom' }),
    ],
  })
  pptx.defineSlideMaster({
    title: 'SECTION',
    background: { color: theme.primary },
    objects: [
      { rect: { x: 1.1, y: 2.3, w: 0.9, h: 0.07, fill: { color: theme.accent } } },
      title({ x: 1.1, y: 2.5, w: 11, h: 1.4, fontSize: 38, bold: true, color: theme.onPrimary, valign: 'middle' }),
    ],
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
      title({ x: 1.6, y: 5.6, w: 10.2, h: 0.8, fontSize: 18, color: theme.muted, valign: 'top' }),
    ],
    slideNumber: { ...footer, x: PAGE.width - 1.6, y: 6.95, w: 1, h: 0.3, align: 'right', margin: 0 },
  })
}

function title(options: Omit<Placeholder, 'name' | 'type'>): { placeholder: { options: Placeholder; text: string } } {
  return {
    placeholder: {
      options: {
        name: 'title',
        type: 'title',
        fontFace: FONT,
        align: 'left',
        margin: 0,
        fit: 'shrink',
        ...options,
      } as Placeholder,
      text: '',
    },
  }
}
