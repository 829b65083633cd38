/** A refused or failed request. `message` is for people; `code` is one of contracts/errors.ts if the API sent one. */
export class Failure extends Error {
  readonly code: string
  /** HTTP status; 0 if there was no answer. */
  readonly status: number
  readonly details: unknown

  constructor(code: string, message: string, status: number, details?: unknown) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

/** An error of PostgREST as a `Failure`, with the code of contracts/errors.ts if the database sent one. */
export const databaseFailure = (
  { message, code, hint }: { message: string; code?: string; hint?: string | null },
  status: number,
) => new Failure(hint || code || 'internal', message, status)

/** Nuxt wraps errors of a page's data in another error. */
const unwrap = (error: unknown) => (error instanceof Error && error.cause instanceof Error ? error.cause : error)

/** A sentence for people about anything that was thrown. */
export function messageOf(thrown: unknown): string {
  const error = unwrap(thrown)
  if (error instanceof Failure) return error.message
  if (error instanceof TypeError) return 'The platform cannot be reached. Check your connection and try again.'
  return error instanceof Error ? error.message : 'Something went wrong.'
}

/** True if something does not exist. PostgREST answers 22P02 for an address with an invalid id. */
export function isNotFound(thrown: unknown): boolean {
  const error = unwrap(thrown)
  return error instanceof Failure && (error.status === 404 || error.code === '22P02')
}
