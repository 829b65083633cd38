/**
 * Follows a JSON text that arrives in pieces, and knows when its outermost object is complete. It looks at each character
 * once, so that a million pieces cost no more than one.
 */
export class ObjectEnd {
  #text = ''
  #depth = 0
  #hasOpened = false
  #inString = false
  #isEscaped = false
  /** Undefined until the outermost object is closed. */
  #isJson: boolean | undefined

  get text(): string {
    return this.#text
  }

  /** True when the text is one JSON object, followed only by blanks. */
  get isWhole(): boolean {
    return this.#isJson === true
  }

  add(piece: string): void {
    this.#text += piece
    // text after the object means that this is not one JSON object
    if (this.#isJson !== undefined) this.#isJson &&= piece.trim() === ''
    else {
      for (const character of piece) this.#look(character)
      const isClosed = this.#hasOpened && this.#depth === 0 && !this.#inString
      if (isClosed) this.#isJson = isJson(this.#text)
    }
  }

  #look(character: string): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (character === '"') this.#inString = !this.#inString
    else if (this.#inString) this.#isEscaped = character === '\\'
    else if (character === '{') {
      this.#depth++
      this.#hasOpened = true
    } else if (character === '}') this.#depth--
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
