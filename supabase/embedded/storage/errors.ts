/**
 * Storage's errors. Its server answers nearly all of them with HTTP 400 and says the true status in the body; clients
 * rely on that.
 */
export class StorageError extends Error {
  readonly statusCode: number
  readonly error: string
  readonly httpStatus: number

  constructor(statusCode: number, error: string, message: string, httpStatus = 400) {
    super(message)
    this.statusCode = statusCode
    this.error = error
    this.httpStatus = httpStatus
  }

  toResponse(): Response {
    const { statusCode, error, message } = this
    return Response.json({ statusCode: String(statusCode), error, message }, { status: this.httpStatus })
  }
}

export const bucketNotFound = () => new StorageError(404, 'Bucket not found', 'Bucket not found')
export const objectNotFound = () => new StorageError(404, 'not_found', 'Object not found')
export const invalidRequest = (message: string) => new StorageError(400, 'invalid_request', message)
export const tooLarge = () =>
  new StorageError(413, 'Payload too large', 'The object exceeded the maximum allowed size', 413)

/** Database errors that a client may cause, in Storage's words. Anything else is not the client's and passes on. */
export function fromDatabase(error: unknown): unknown {
  const code = (error as { code?: string }).code
  if (code === '42501') return new StorageError(403, 'Unauthorized', 'new row violates row-level security policy')
  if (code === '23505') return new StorageError(409, 'Duplicate', 'The resource already exists')
  if (code === '23503') return new StorageError(409, 'Conflict', 'The bucket is not empty or does not exist')
  return error
}
