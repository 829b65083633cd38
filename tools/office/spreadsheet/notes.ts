/** Warnings about cells that may differ from what the author expected. */
export class Notes {
  readonly misfits: string[] = []
  readonly likeFormulas: string[] = []
  readonly uncomputed: string[] = []
  /** Headings of columns. */
  readonly inUtc: string[] = []
  readonly #sheet: string

  constructor(sheet: string) {
    this.#sheet = sheet
  }

  texts(): string[] {
    const say = (cells: string[], what: string) => {
      const more = cells.length > 5 ? ` and ${cells.length - 5} more` : ''
      return cells.length > 0 ? [`${this.#sheet}: ${cells.slice(0, 5).join(', ')}${more} ${what}`] : []
    }
    return [
      ...say(this.misfits, 'do not fit the type of their column and stand as they were given.'),
      ...say(this.inUtc, 'has times of several time zones, which stand in UTC.'),
      ...say(this.likeFormulas, 'begin with "=" and were written as text. For a formula give {"formula": "…"}.'),
      ...say(this.uncomputed, 'hold formulas that Excel will compute when the file is opened; no value is stored.'),
    ]
  }
}
