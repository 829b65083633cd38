/**
 * Follows a JSON text as it comes and knows when its outermost object is whole. It looks at each character once, so that a
 * text in a million pieces costs no more than the same text in one.
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

  /** The text is one JSON object, with nothing but blanks behind it. */
  get isWhole(): boolean {
    return this.#isJson === true
  }

  add(piece: string): void {
    this.#text += piece
    // what follows a whole object makes it none
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
