/** Stores the bytes of objects. The name of a file is a random version, never a name from a client. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { tooLarge } from './errors.ts'

export interface SavedFile {
  version: string
  size: number
  eTag: string
}

export class Files {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Writes `body` completely or not at all. Refuses more than `maxBytes`. */
  async save(body: ReadableStream<Uint8Array> | Readable, maxBytes: number): Promise<SavedFile> {
    const version = randomUUID()
    const file = this.#path(version)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const hash = createHash('md5')
    let size = 0
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length
        hash.update(chunk)
        done(size > maxBytes ? tooLarge() : null, chunk)
      },
    })
    const source = body instanceof Readable ? body : Readable.fromWeb(body as never)
    try {
      await pipeline(source, measure, createWriteStream(`${file}.part`, { mode: 0o600, flush: true }))
      await rename(`${file}.part`, file)
    } catch (error) {
      await rm(`${file}.part`, { force: true })
      throw error
    }
    return { version, size, eTag: `"${hash.digest('hex')}"` }
  }

  /** `range` in bytes, both ends included. */
  read(version: string, range?: { start: number; end: number }): ReadableStream<Uint8Array> {
    return Readable.toWeb(createReadStream(this.#path(version), range)) as ReadableStream<Uint8Array>
  }

  async copy(version: string, maxBytes: number): Promise<SavedFile> {
    return this.save(createReadStream(this.#path(version)), maxBytes)
  }

  async exists(version: string): Promise<boolean> {
    return stat(this.#path(version)).then(
      () => true,
      () => false,
    )
  }

  async remove(version: string): Promise<void> {
    await rm(this.#path(version), { force: true })
  }

  #path(version: string): string {
    return join(this.#folder, version.slice(0, 2), version)
  }
}
