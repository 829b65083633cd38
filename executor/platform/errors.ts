/** Another worker has claimed this since, or it was cancelled: throw the work away, quietly. */
export class StaleClaimError extends Error {
  override name = 'StaleClaimError'
}

/** The database refused an expected wrong request; `code` is stable. */
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

/** The database could not be reached, or chose this transaction to yield: the same call may succeed a moment later. */
export class DatabaseAwayError extends Error {
  override name = 'DatabaseAwayError'
}
