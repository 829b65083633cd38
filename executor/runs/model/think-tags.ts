/** Splits a streamed text into the answer and the thinking, which stands between `<think>` and `</think>` at its beginning. */

const OPEN = '<think>'
const CLOSE = '</think>'
/** After more blanks than this, no tag is expected at the beginning. */
const MAX_BLANKS = 1_000

export class ThinkTags {
  #state: 'start' | 'thinking' | 'after' | 'said' = 'start'
  /** Text that may be the beginning of a tag. */
  #held = ''

  add(piece: string): { said: string; thought: string } {
    if (this.#state === 'said') return { said: piece, thought: '' }
    this.#held += piece
    if (this.#state === 'start') this.#start()
    const thought = this.#state === 'thinking' ? this.#think() : ''
    return { said: this.#say(), thought }
  }

  /** The text that was held back. */
  end(): { said: string; thought: string } {
    const held = this.#held
    this.#held = ''
    return this.#state === 'thinking' ? { said: '', thought: held } : { said: held, thought: '' }
  }

  #start(): void {
    const text = this.#held.trimStart()
    if (text.startsWith(OPEN)) {
      this.#state = 'thinking'
      this.#held = text.slice(OPEN.length)
    } else if (!OPEN.startsWith(text) || this.#held.length > MAX_BLANKS) {
      this.#state = 'said'
    }
  }

  #think(): string {
    const end = this.#held.indexOf(CLOSE)
    const upTo = end === -1 ? this.#held.length - partOfTag(this.#held) : end
    const thought = this.#held.slice(0, upTo)
    this.#held = this.#held.slice(upTo)
    if (end !== -1) {
      this.#state = 'after'
      this.#held = this.#held.slice(CLOSE.length)
    }
    return thought
  }

  #say(): string {
    if (this.#state === 'after') {
      this.#held = this.#held.trimStart() // removes blank lines after the thinking
      if (this.#held) this.#state = 'said'
    }
    if (this.#state !== 'said') return ''
    const said = this.#held
    this.#held = ''
    return said
  }
}

/** The number of characters at the end that may be the beginning of the closing tag. */
function partOfTag(text: string): number {
  for (let length = CLOSE.length - 1; length > 0; length--) if (CLOSE.startsWith(text.slice(-length))) return length
  return 0
}
