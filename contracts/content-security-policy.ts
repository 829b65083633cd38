/** The web app's content security policy, for both ways of serving it: the embedded gateway, and nginx in its container. */

/** The inline scripts of a page, to be hashed. */
export const inlineScripts = (html: string): string[] =>
  [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text)

/**
 * Only our own code runs: files of the app's origin, and its page's inline scripts by their SHA-256 in base64. `connect`:
 * origins besides its own that the app talks to.
 */
export function contentSecurityPolicy(scriptHashes: string[], connect: string[]): string {
  return [
    "default-src 'self'",
    `script-src 'self' ${scriptHashes.map((hash) => `'sha256-${hash}'`).join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self' data:",
    `connect-src 'self' ${connect.join(' ')}`,
    "frame-src 'self' blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
