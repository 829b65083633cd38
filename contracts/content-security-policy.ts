/** The content security policy of the web app. The embedded gateway and nginx in the container both send it. */

/** The text of a page's inline scripts, whose hashes go into the policy. */
export const inlineScripts = (html: string): string[] =>
  [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text)

/**
 * The policy lets only our own code run: files of the app's origin, and inline scripts with these SHA-256 hashes (base64).
 * `connect` lists the other origins that the app talks to.
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
