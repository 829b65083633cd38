declare module 'linebreak' {
  /** Finds line breaks by Unicode's rules (UAX 14). */
  export default class LineBreaker {
    constructor(text: string)
    /** The next place, in UTF-16 units; null after the last one, which is the end of the text. */
    nextBreak(): { position: number; required: boolean } | null
  }
}
