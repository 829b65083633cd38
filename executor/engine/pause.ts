/** A pause between two rounds of work, which a wake-up ends early. */
export class Pause {
  #isWoken = false
  #end: (() => void) | undefined

  /** Ends the current pause, or skips the next one. */
  wake(): void {
    this.#isWoken = true
    this.#end?.()
  }

  /** To be called when a round begins: it will see everything that caused the wake-ups so far. */
  forgetWakes(): void {
    this.#isWoken = false
  }

  async wait(ms: number): Promise<void> {
    if (this.#isWoken) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#end = undefined
  }
}
