import { crc32, deflateSync } from 'node:zlib'

/** A one-coloured PNG. */
export function png(width: number, height: number): Buffer {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x7f)])
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** 32 x 16 pixels as stored: red on the left, blue on the right. */
const RED_BLUE = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYV' +
    'pQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAQ' +
    'ACADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAUG/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABUBAQEAAAAAAAAAAAAAAAAAAAcF/8' +
    'QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8Az4CMSUIAxCp//9k=',
  'base64',
)

/** A photo as a camera stores it. `orientation` (1 to 8, as in Exif) says how to turn the pixels of `RED_BLUE`. */
export function photo(orientation: number, order: 'II' | 'MM' = 'MM'): Buffer {
  const tiff = Buffer.alloc(26)
  const [short, long] = order === 'MM' ? (['writeUInt16BE', 'writeUInt32BE'] as const) : littleEndian
  tiff.write(order, 0, 'latin1')
  tiff[short](42, 2)
  tiff[long](8, 4) // where the list of entries begins
  tiff[short](1, 8) // one entry: orientation, a single short
  tiff[short](0x0112, 10)
  tiff[short](3, 12)
  tiff[long](1, 14)
  tiff[short](orientation, 18)
  const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
  const header = Buffer.from([0xff, 0xe1, 0, content.length + 2])
  return Buffer.concat([RED_BLUE.subarray(0, 2), header, content, RED_BLUE.subarray(2)])
}

const littleEndian = ['writeUInt16LE', 'writeUInt32LE'] as const
