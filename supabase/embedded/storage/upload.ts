/** Reads the bytes of an upload: the raw body, or the file in a browser's form. */
import { isStorableJson } from '../../../contracts/storable.ts'
import { assertSmallJson, invalidRequest, unstorable } from './errors.ts'

export interface Upload {
  body: ReadableStream<Uint8Array>
  mimetype: string
  cacheControl: string
  userMetadata: Record<string, unknown> | undefined
}

export async function readUpload(request: Request): Promise<Upload> {
  const upload = await read(request)
  if (!/^[\w.+-]+\/[\w.+*-]+\s*(;[\x20-\x7e]*)?$/.test(upload.mimetype))
    throw invalidRequest('The content type is not a media type')
  if (!/^[\x20-\x7e]*$/.test(upload.cacheControl)) throw invalidRequest('The cache control is not valid')
  return upload
}

async function read(request: Request): Promise<Upload> {
  const contentType = request.headers.get('content-type') ?? 'application/octet-stream'
  if (contentType.startsWith('multipart/form-data')) return fromForm(await readForm(request))
  return {
    body: request.body ?? new Blob([]).stream(),
    mimetype: contentType,
    cacheControl: request.headers.get('cache-control') ?? 'no-cache',
    userMetadata: parseMetadata(decodeBase64(request.headers.get('x-metadata'))),
  }
}

async function readForm(request: Request): Promise<FormData> {
  try {
    return await request.formData()
  } catch {
    throw invalidRequest('The body is not a valid form')
  }
}

/** supabase-js sends the file in a field without a name. */
function fromForm(form: FormData): Upload {
  const file = [...form.values()].find((value) => typeof value !== 'string')
  if (!file) throw invalidRequest('The form contains no file')
  const maxAge = form.get('cacheControl')
  return {
    body: file.stream(),
    mimetype: file.type || 'application/octet-stream',
    cacheControl: typeof maxAge === 'string' && maxAge ? `max-age=${maxAge}` : 'no-cache',
    userMetadata: parseMetadata(form.get('metadata')),
  }
}

const decodeBase64 = (text: string | null) => text && Buffer.from(text, 'base64').toString('utf8')

function parseMetadata(text: unknown): Record<string, unknown> | undefined {
  if (typeof text !== 'string') return undefined
  assertSmallJson(Buffer.from(text))
  const metadata = parseJson(text)
  if (!isStorableJson(metadata)) throw unstorable()
  return metadata
}

function parseJson(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidRequest('metadata is not JSON')
  }
}
