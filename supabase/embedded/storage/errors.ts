/**
 * The errors of Storage. Supabase answers nearly all of them with HTTP 400 and puts the real status into the body. Clients rely
 * on that and on `code`.
 */
import { BODY_TOO_LARGE, refusedJson } from '../limits/limits.ts'

export class StorageError extends Error {
  readonly statusCode: number
  readonly code: string
  readonly httpStatus: number
  readonly error: string

  /** `error`: the code that Storage's own server gives it, where ours is another one. */
  constructor(statusCode: number, code: string, message: string, httpStatus = 400, error = code) {
    super(message)
    this.error = error
    this.statusCode = statusCode
    this.code = code
    this.httpStatus = httpStatus
  }

  toResponse(): Response {
    const { statusCode, code, error, message } = this
    return Response.json({ statusCode: String(statusCode), code, error, message }, { status: this.httpStatus })
  }
}

export const bucketNotFound = () => new StorageError(404, 'NoSuchBucket', 'Bucket not found')
export const objectNotFound = () => new StorageError(404, 'NoSuchKey', 'Object not found')
export const invalidRequest = (message: string) => new StorageError(400, 'InvalidRequest', message)
export const unstorable = () => invalidRequest('The request contains characters that cannot be stored')
/** One code for it at every door of the platform. */
export const tooLarge = (message = 'The object exceeded the maximum allowed size') =>
  new StorageError(413, BODY_TOO_LARGE, message, 413, 'EntityTooLarge')

/** Refuses JSON before it is parsed: too many values, or nested too deeply. */
export function assertSmallJson(json: Uint8Array): void {
  const refused = refusedJson(json)
  if (refused?.status === 413) throw tooLarge(refused.message)
  if (refused) throw new StorageError(refused.status, refused.code, refused.message)
}

/** Translates database errors that a client can cause into Storage's errors. Returns all others unchanged. */
export function fromDatabase(error: unknown): unknown {
  const code = (error as { code?: string }).code
  if (code === '42501') return new StorageError(403, 'AccessDenied', 'new row violates row-level security policy')
  if (code === '23505') return new StorageError(409, 'KeyAlreadyExists', 'The resource already exists')
  if (code === '23503') return new StorageError(409, 'BucketNotEmpty', 'The bucket is not empty or does not exist')
  return error
}
