/** Sends an object as an HTTP response, with ranges, validators and download names. It can never run as a page of our origin. */
import { StorageError } from './errors.ts'
import type { Files } from './files.ts'
import type { StoredObject } from './objects.ts'

/** Media that a browser shows without running code. Everything else is a download without a type. */
const shown =
  /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/(mpeg|mp4|aac|ogg|wav|webm|flac)|video\/(mp4|webm|ogg|mpeg))$/
const protection = {
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function contentResponse(files: Files, object: StoredObject, request: Request): Response {
  const { metadata } = object
  const type = shownType(metadata.mimetype)
  const headers = new Headers({
    ...protection,
    'accept-ranges': 'bytes',
    'cache-control': metadata.cacheControl,
    'content-type': type ?? 'application/octet-stream',
    etag: metadata.eTag,
    'last-modified': new Date(metadata.lastModified).toUTCString(),
  })
  const download = new URL(request.url).searchParams.get('download')
  if (download !== null || !type)
    headers.set('content-disposition', attachment(download || object.name.split('/').pop() || ''))
  if (request.headers.get('if-none-match') === metadata.eTag) return new Response(null, { status: 304, headers })

  const range = parseRange(request.headers.get('range'), metadata.size)
  headers.set('content-length', String(range ? range.end - range.start + 1 : metadata.size))
  if (range) headers.set('content-range', `bytes ${range.start}-${range.end}/${metadata.size}`)
  const body = request.method === 'HEAD' || metadata.size === 0 ? null : files.read(object.version, range)
  return new Response(body, { status: range ? 206 : 200, headers })
}

/** The type that a file is shown as, without parameters except the charset of text; undefined if it is only downloaded. */
function shownType(mimetype: string): string | undefined {
  const [essence = ''] = mimetype
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  if (essence !== 'text/plain') return shown.test(essence) ? essence : undefined
  const charset = /;\s*charset=([\w-]{1,40})\s*$/i.exec(mimetype)?.[1]
  return charset ? `${essence}; charset=${charset}` : essence
}

const attachment = (name: string) => `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`

/** Parses one range. For several ranges or another unit the whole object is sent, as the standard allows. */
function parseRange(header: string | null, size: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start > end) throw new StorageError(416, 'InvalidRange', 'The requested range cannot be satisfied', 416)
  return { start, end }
}
