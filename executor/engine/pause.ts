/** A pause between two rounds of work, which a wake-up ends early. */
export class Pause {
  #isWoken = false
  #end: (() => void) | undefined

  /** Ends the pause. Without one, the next pause is skipped. */
  wake(): void {
    this.#isWoken = true
    this.#end?.()
  }

  /** A round begins: it sees everything that the wake-ups until now were about. */
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
