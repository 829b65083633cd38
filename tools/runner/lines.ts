export class LineTooLongError extends Error {
  constructor(maxBytes: number) {
    super(`a line has more than ${maxBytes} bytes`)
    this.name = 'LineTooLongError'
  }
}

/** The lines of a byte stream, without line ends. Throws `LineTooLongError` before it buffers more than `maxBytes` of a line. */
export async function* readLines(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let size = 0
  const add = (part: Buffer) => {
    parts.push(part)
    size += part.length
    if (size > maxBytes) throw new LineTooLongError(maxBytes)
  }
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, end))
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      size = 0
      start = end + 1
    }
    add(chunk.subarray(start))
  }
}
