/** Rough measures of text, enough to choose sizes and to decide what goes on another slide. Inches and points. */

/** Width of an average character, as part of the font size. */
const CHARACTER = 0.5
const LINE = 1.2

export function linesOf(text: string, widthInches: number, fontSize: number): number {
  const perLine = Math.max(1, Math.floor((widthInches * 72) / (fontSize * CHARACTER)))
  return text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / perLine)), 0)
}

export function heightOf(text: string, widthInches: number, fontSize: number): number {
  return (linesOf(text, widthInches, fontSize) * fontSize * LINE) / 72
}

/** The largest of `sizes` (descending) at which `height` says that all fits; the smallest when none does. */
export function largestFitting(sizes: number[], available: number, height: (size: number) => number): number {
  return sizes.find((size) => height(size) <= available) ?? sizes.at(-1)!
}

/** Cuts `items` into pieces no higher than `available`; a piece has at least one item. */
export function paginate<T>(items: T[], available: number, height: (item: T) => number): T[][] {
  const pages: T[][] = []
  let used = Number.POSITIVE_INFINITY
  for (const item of items) {
    const needed = height(item)
    if (used + needed > available) {
      pages.push([])
      used = 0
    }
    pages.at(-1)!.push(item)
    used += needed
  }
  return pages
}
