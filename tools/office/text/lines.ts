/** Breaks text of any script into lines. */
import LineBreaker from 'linebreak'

/** Scripts without spaces between words. A dictionary is needed to find the words. */
const NO_SPACES = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const words = new Intl.Segmenter('th', { granularity: 'word' })
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The pieces between which a line may break. Together they are the text. */
export function pieces(text: string): string[] {
  const breaker = new LineBreaker(text)
  const found: string[] = []
  let from = 0
  for (let next = breaker.nextBreak(); next; next = breaker.nextBreak()) {
    const piece = text.slice(from, next.position)
    if (NO_SPACES.test(piece)) found.push(...[...words.segment(piece)].map(({ segment }) => segment))
    else found.push(piece)
    from = next.position
  }
  return found
}

/**
 * Breaks `text` into lines that are at most `width` wide, as `widthOf` measures them, and keeps its own line breaks. Like
 * office programs, it breaks a piece that is wider than a line anywhere. Spaces at the end of a line need no room.
 */
export function linesOf(text: string, width: number, widthOf: (text: string) => number): string[] {
  return text.split(/\r\n|[\n\u2028\u2029\v\f\r\u0085]/).flatMap((paragraph) => wrap(paragraph, width, widthOf))
}

function wrap(paragraph: string, width: number, widthOf: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  let used = 0
  const endLine = () => {
    lines.push(line.trimEnd())
    line = ''
    used = 0
  }
  for (const piece of pieces(paragraph)) {
    const visible = widthOf(piece.trimEnd())
    if (line !== '' && used + visible > width) endLine()
    const parts = visible <= width ? [piece] : [...clusters.segment(piece)].map(({ segment }) => segment)
    for (const part of parts) {
      const partWidth = widthOf(part)
      const isSpace = part.trimEnd() === ''
      if (line !== '' && !isSpace && used + widthOf(part.trimEnd()) > width) endLine()
      line += part
      used += partWidth
    }
  }
  endLine()
  return lines
}
