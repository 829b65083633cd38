/** Stores the parts that a call showed. An image goes to Storage under a path made of its hash, and only the path is kept. */
import { createHash } from 'node:crypto'
import type { ImageType, SentPart, StoredPart } from '../../contracts/tool-parts.ts'
import type { ClaimedCall } from '../platform/types.ts'
import type { FileStore } from './file-store.ts'
import { runFolder } from './store-files.ts'

const EXTENSIONS: Record<ImageType, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

export async function storeParts(call: ClaimedCall, parts: SentPart[], store: FileStore): Promise<StoredPart[]> {
  const stored: StoredPart[] = []
  for (const part of parts) stored.push(part.type === 'image' ? await storeImage(call, part, store) : part)
  return stored
}

type SentImage = Extract<SentPart, { type: 'image' }>

async function storeImage(call: ClaimedCall, part: SentImage, store: FileStore): Promise<StoredPart> {
  const { media_type, alt } = part
  const data = Buffer.from(part.data, 'base64')
  // it comes from a sandbox, so anything that is not an image must not be served or sent as one
  if (typeOf(data) !== media_type) return { type: 'text', text: `(Not an image of type ${media_type}: ${alt})` }
  const sha256 = createHash('sha256').update(data).digest('hex')
  const path = `${runFolder(call)}/shown/${sha256}.${EXTENSIONS[media_type]}`
  await store.upload('artifacts', path, data, media_type)
  return { type: 'image', path, media_type, alt, bytes: data.length }
}

/** Recognised by its first bytes. */
function typeOf(data: Buffer): ImageType | undefined {
  const head = data.toString('latin1', 0, 12)
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(head)) return 'image/gif'
  return /^RIFF.{4}WEBP/s.test(head) ? 'image/webp' : undefined
}
