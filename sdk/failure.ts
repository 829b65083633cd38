/** A refused or failed request: `message` is for people, `code` is one of contracts/errors.ts where the API sent it. */
export class Failure extends Error {
  readonly code: string
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  readonly details: unknown

  constructor(code: string, message: string, status: number, details?: unknown) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

/** What PostgREST refused, with the code of contracts/errors.ts where the database gave one. */
export const databaseFailure = (
  { message, code, hint }: { message: string; code?: string; hint?: string | null },
  status: number,
) => new Failure(hint || code || 'internal', message, status)

/** Nuxt wraps the error that a page's data failed with. */
const unwrap = (error: unknown) => (error instanceof Error && error.cause instanceof Error ? error.cause : error)

/** What to tell people about anything that was thrown. */
export function messageOf(thrown: unknown): string {
  const error = unwrap(thrown)
  if (error instanceof Failure) return error.message
  if (error instanceof TypeError) return 'The platform cannot be reached. Check your connection and try again.'
  return error instanceof Error ? error.message : 'Something went wrong.'
}

/** An address with something that is no id leads nowhere, too: PostgREST answers it with 22P02. */
export function isNotFound(thrown: unknown): boolean {
  const error = unwrap(thrown)
  return error instanceof Failure && (error.status === 404 || error.code === '22P02')
}
