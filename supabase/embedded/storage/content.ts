/** An object as an HTTP response: ranges, validators, download names. It can never run as a page of our origin. */
import { StorageError } from './errors.ts'
import type { Files } from './files.ts'
import type { StoredObject } from './objects.ts'

/** Types that a browser would run with our origin's rights if it opened them as a page. */
const active = /^(text\/html|application\/xhtml\+xml|image\/svg\+xml|(text|application)\/xml)\b/i
const script = /javascript|ecmascript/i

export function contentResponse(files: Files, object: StoredObject, request: Request): Response {
  const { metadata } = object
  const headers = new Headers({
    'accept-ranges': 'bytes',
    'cache-control': metadata.cacheControl,
    'content-type': script.test(metadata.mimetype) ? 'text/plain' : metadata.mimetype,
    etag: metadata.eTag,
    'last-modified': new Date(metadata.lastModified).toUTCString(),
    'x-content-type-options': 'nosniff',
  })
  if (active.test(metadata.mimetype)) headers.set('content-security-policy', "sandbox; default-src 'none'")
  const download = new URL(request.url).searchParams.get('download')
  if (download !== null) headers.set('content-disposition', attachment(download || object.name.split('/').pop() || ''))
  if (request.headers.get('if-none-match') === metadata.eTag) return new Response(null, { status: 304, headers })

  const range = parseRange(request.headers.get('range'), metadata.size)
  headers.set('content-length', String(range ? range.end - range.start + 1 : metadata.size))
  if (range) headers.set('content-range', `bytes ${range.start}-${range.end}/${metadata.size}`)
  const body = request.method === 'HEAD' || metadata.size === 0 ? null : files.read(object.version, range)
  return new Response(body, { status: range ? 206 : 200, headers })
}

const attachment = (name: string) => `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`

/** Reads one range. Several ranges or another unit get the whole object, as the standard allows. */
function parseRange(header: string | null, size: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start > end) throw new StorageError(416, 'InvalidRange', 'The requested range cannot be satisfied', 416)
  return { start, end }
}
