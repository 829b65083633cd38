/** The protocol's `read` and `write`: how the executor gets files out of and into the workspace. */
import { CHUNK_BYTES, type RunnerRequest } from '../../contracts/runner.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { createFile, type NewFile, openFile, relativePath } from '../kit/workspace.ts'

/** One piece of the file, from `offset` on. `size` is the size of the whole file. */
export async function readChunk(workspace: string, path: string, offset: number) {
  const { file, size } = await openFile(workspace, path)
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(CHUNK_BYTES, size - offset)))
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, offset + length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return { data: buffer.subarray(0, length).toString('base64'), size, eof: offset + length >= size || length === 0 }
  } finally {
    await file.close()
  }
}

type Piece = Pick<Extract<RunnerRequest, { type: 'write' }>, 'upload' | 'path' | 'offset' | 'data' | 'last'>

/** Files that arrive in pieces. When a piece fails, the whole file is removed. */
export class Uploads {
  readonly #workspace: string
  readonly #open = new Map<string, { file: NewFile; path: string; size: number }>()

  constructor(workspace: string) {
    this.#workspace = workspace
  }

  /** Throws `invalid_input` for a piece out of order, and the errors of `createFile`. */
  async write({ upload, path, offset, data, last }: Piece): Promise<{ path: string; size: number }> {
    const current = this.#open.get(upload) ?? { file: await createFile(this.#workspace, path), path, size: 0 }
    this.#open.set(upload, current)
    try {
      if (offset !== current.size || path !== current.path) {
        throw new ToolError('invalid_input', 'The piece does not follow the previous one.')
      }
      const bytes = decode(data)
      await current.file.append(bytes)
      current.size += bytes.length
      if (last) await current.file.commit()
    } catch (error) {
      this.#open.delete(upload)
      await current.file.discard()
      throw error
    }
    if (last) this.#open.delete(upload)
    return { path: relativePath(path), size: current.size }
  }

  /** Removes unfinished files. */
  async discardAll(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ file }) => file.discard()))
  }
}

function decode(base64: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw new ToolError('invalid_input', 'The data is not base64.')
  }
  return Buffer.from(base64, 'base64')
}
