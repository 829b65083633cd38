/** Text that arrives in pieces with their positions. Pieces may arrive late, twice or not at all. */

/** Pieces in order of their position, which do not touch each other. */
export type StreamedText = { offset: number; text: string }[]

/** Inserts a piece at its position. Overlapping pieces contain the same text, so either may stay. */
export function addPiece(pieces: StreamedText, piece: { offset: number; text: string }): StreamedText {
  const joined: StreamedText = []
  for (const next of [...pieces, { offset: piece.offset, text: piece.text }].sort((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1)
    if (!last || last.offset + last.text.length < next.offset) {
      joined.push(next)
      continue
    }
    const known = last.offset + last.text.length - next.offset
    joined[joined.length - 1] = { offset: last.offset, text: last.text + next.text.slice(known) }
  }
  return joined
}

/** The text so far, with `…` for missing parts. */
export function readText(pieces: StreamedText): string {
  const text = pieces.map((piece) => piece.text).join(' … ')
  return pieces[0] && pieces[0].offset > 0 ? `… ${text}` : text
}

const MAX_KEPT = 20_000

/** The newest characters of a long text. */
export function newest(pieces: StreamedText): StreamedText {
  const last = pieces.at(-1)
  if (!last || last.text.length <= MAX_KEPT) return pieces
  const left = last.text.length - MAX_KEPT
  return [{ offset: last.offset + left, text: last.text.slice(left) }]
}
