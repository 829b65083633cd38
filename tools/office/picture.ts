/** Pictures from the workspace, checked before a library decodes them. */
import { ToolError } from '../../contracts/tool-errors.ts'
import { readWhole } from '../kit/workspace.ts'

const MAX_BYTES = 15 * 1024 * 1024
const MAX_PIXELS = 50_000_000

export interface Picture {
  bytes: Buffer
  type: 'png' | 'jpeg' | 'gif'
  /** Pixels of the picture as people see it: upright. */
  width: number
  height: number
  /** How the stored pixels have to be turned to be upright. */
  orientation: Orientation
  /** The offset of the orientation in `bytes`, if the file has one. */
  orientationAt?: number
}

/** First mirrored left to right, then turned clockwise. */
export interface Orientation {
  mirrored: boolean
  degrees: 0 | 90 | 180 | 270
}

/** Exif's orientations 1 to 8. */
const ORIENTATIONS: Orientation[] = [
  { mirrored: false, degrees: 0 },
  { mirrored: true, degrees: 0 },
  { mirrored: false, degrees: 180 },
  { mirrored: true, degrees: 180 },
  { mirrored: true, degrees: 270 },
  { mirrored: false, degrees: 90 },
  { mirrored: true, degrees: 90 },
  { mirrored: false, degrees: 270 },
]
const UPRIGHT = ORIENTATIONS[0]!

/** Throws `invalid_input` when the file is no png, jpeg or gif, or is too large. */
export async function readPicture(workspace: string, path: string): Promise<Picture> {
  const bytes = await readWhole(workspace, path, MAX_BYTES)
  const picture = readPng(bytes) ?? readGif(bytes) ?? readJpeg(bytes)
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

/**
 * The file without its orientation tag, for documents that rotate the picture themselves. Some programs would rotate it
 * twice.
 */
export function withoutOrientation({ bytes, orientationAt }: Picture): Buffer {
  if (orientationAt === undefined) return bytes
  const plain = Buffer.from(bytes)
  // the number has two bytes in either order; 0 means no orientation
  plain.fill(0, orientationAt, orientationAt + 2)
  return plain
}

type Header = Omit<Picture, 'bytes'>

function readPng(bytes: Buffer): Header | undefined {
  if (bytes.length < 24 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return undefined
  return { type: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), orientation: UPRIGHT }
}

function readGif(bytes: Buffer): Header | undefined {
  if (bytes.length < 10 || !/^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))) return undefined
  return { type: 'gif', width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), orientation: UPRIGHT }
}

/**
 * Walks the segments up to the frame header (SOF0 to SOF15, except the three that are tables), and reads the
 * orientation on the way.
 */
function readJpeg(bytes: Buffer): Header | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  let noted: ReturnType<typeof exifOrientation>
  let at = 2
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at += 1 // a fill byte
      continue
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)]
      const orientation = noted?.orientation ?? UPRIGHT
      const size = orientation.degrees % 180 === 0 ? { width, height } : { width: height, height: width }
      return { type: 'jpeg', ...size, orientation, orientationAt: noted?.orientationAt }
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    if (marker === 0xe1) noted ??= exifOrientation(bytes.subarray(0, end), at + 4)
    at = end
  }
  return undefined
}

const EXIF = 'Exif\0\0'
const ORIENTATION_TAG = 0x0112
const ENTRY_BYTES = 12

/**
 * Reads the APP1 segment from `from` to the end of `bytes`. Undefined if it is not Exif, is damaged, or has no
 * orientation.
 */
function exifOrientation(bytes: Buffer, from: number): { orientation: Orientation; orientationAt: number } | undefined {
  if (bytes.toString('latin1', from, from + EXIF.length) !== EXIF) return undefined
  const tiff = from + EXIF.length
  const order = bytes.toString('latin1', tiff, tiff + 2)
  if (tiff + 10 > bytes.length || (order !== 'II' && order !== 'MM')) return undefined
  const short = (at: number) => (order === 'II' ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const start = tiff + (order === 'II' ? bytes.readUInt32LE(tiff + 4) : bytes.readUInt32BE(tiff + 4))
  if (start + 2 > bytes.length) return undefined
  const count = Math.min(short(start), Math.floor((bytes.length - start - 2) / ENTRY_BYTES))
  for (let i = 0; i < count; i++) {
    const entry = start + 2 + i * ENTRY_BYTES
    if (short(entry) !== ORIENTATION_TAG) continue
    const orientation = ORIENTATIONS[short(entry + 8) - 1]
    return orientation && { orientation, orientationAt: entry + 8 }
  }
  return undefined
}
