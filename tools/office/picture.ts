/** Pictures from the workspace, checked before a library decodes them. */
import { ToolError } from '../../contracts/tool-errors.ts'
import { readWhole } from '../kit/workspace.ts'

const MAX_BYTES = 15 * 1024 * 1024
const MAX_PIXELS = 50_000_000

export interface Picture {
  bytes: Buffer
  type: 'png' | 'jpeg' | 'gif'
  width: number
  height: number
}

/** Throws `invalid_input` when the file is no png, jpeg or gif, or is too large. */
export async function readPicture(workspace: string, path: string): Promise<Picture> {
  const bytes = await readWhole(workspace, path, MAX_BYTES)
  const picture = pngSize(bytes) ?? gifSize(bytes) ?? jpegSize(bytes)
  if (!picture) throw new ToolError('invalid_input', `${path} is not a png, jpg or gif image.`)
  if (picture.width < 1 || picture.height < 1 || picture.width * picture.height > MAX_PIXELS) {
    throw new ToolError(
      'invalid_input',
      `${path} has ${picture.width} x ${picture.height} pixels; at most ${MAX_PIXELS} in all are taken.`,
    )
  }
  return { bytes, ...picture }
}

/** Size within `w` x `h` at the picture's own proportions. */
export function fitInto(picture: Picture, w: number, h: number): { w: number; h: number } {
  const scale = Math.min(w / picture.width, h / picture.height)
  return { w: picture.width * scale, h: picture.height * scale }
}

type Size = Omit<Picture, 'bytes'>

function pngSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 24 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return undefined
  return { type: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

function gifSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 10 || !/^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))) return undefined
  return { type: 'gif', width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
}

/** Walks the segments to the frame header (SOF0 to SOF15, without the three that are tables). */
function jpegSize(bytes: Buffer): Size | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  let at = 2
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { type: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
