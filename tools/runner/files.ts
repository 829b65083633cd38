/** The protocol's `read` and `write`: how the executor gets files out of and into the workspace. */
import { READ_CHUNK_BYTES } from '../../contracts/runner.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { openFile, relativePath, writeWhole } from '../kit/workspace.ts'

/** One piece of the file from `offset` on; `size` is that of the whole file. */
export async function readChunk(workspace: string, path: string, offset: number) {
  const { file, size } = await openFile(workspace, path)
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(READ_CHUNK_BYTES, size - offset)))
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

/** Writes the whole file from base64. */
export async function writeBase64(workspace: string, path: string, data: string) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data) || data.length % 4 !== 0) {
    throw new ToolError('invalid_input', 'The data is not base64.')
  }
  const bytes = Buffer.from(data, 'base64')
  await writeWhole(workspace, path, bytes)
  return { path: relativePath(path), size: bytes.length }
}
