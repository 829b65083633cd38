/** Passes on what a program prints, a few times a second. Of a flood it passes on the newest part. */
const EVERY_MS = 150
const MAX_CHARS = 4_000

export class Printer {
  readonly #print: (text: string) => void
  readonly #decoder = new TextDecoder()
  #pending = ''
  #timer: NodeJS.Timeout | undefined

  constructor(print: (text: string) => void) {
    this.#print = print
  }

  add(chunk: Buffer): void {
    this.#pending += this.#decoder.decode(chunk, { stream: true })
    if (this.#pending.length > 2 * MAX_CHARS) this.#pending = newest(this.#pending)
    this.#timer ??= setTimeout(() => this.flush(), EVERY_MS)
  }

  /** Passes on what has come since the last time. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending !== '') this.#print(newest(this.#pending))
    this.#pending = ''
  }
}

const newest = (text: string) => (text.length > MAX_CHARS ? `…\n${text.slice(-MAX_CHARS)}` : text)
