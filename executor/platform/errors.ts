/** Another worker has claimed this since, or it was cancelled. The work is thrown away, and that is not an error. */
export class StaleClaimError extends Error {
  override name = 'StaleClaimError'
}

/** The database refused a request for an expected reason. `code` is stable. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The database could not be reached, or it ended this transaction in favour of another. The same call may succeed soon. */
export class DatabaseAwayError extends Error {
  override name = 'DatabaseAwayError'
}
