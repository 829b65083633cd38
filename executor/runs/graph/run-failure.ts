/** The run cannot go on, and trying again would not help. `code` becomes its reason. */
export class RunFailure extends Error {
  override name = 'RunFailure'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
