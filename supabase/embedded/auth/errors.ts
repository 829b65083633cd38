import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** An error in GoTrue's shape, which supabase-js turns into an `AuthApiError` with `code`. */
export class AuthError extends Error {
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: ContentfulStatusCode, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }

  toResponse(): Response {
    return Response.json(
      { code: this.status, error_code: this.code, msg: this.message },
      { status: this.status, headers: { ...this.headers, 'x-sb-error-code': this.code } },
    )
  }
}

export const userNotFound = () => new AuthError(404, 'user_not_found', 'User not found')
export const userBanned = (status: 400 | 403 = 400) => new AuthError(status, 'user_banned', 'User is banned')
export const emailExists = () =>
  new AuthError(422, 'email_exists', 'A user with this email address has already been registered')
