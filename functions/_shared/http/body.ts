/** Checks request bodies before the schemas do: size, media type, and JSON that PostgreSQL can store. */
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { isStorable } from '../../../contracts/storable.ts'
import { Problem } from '../problem.ts'

const MAX_BYTES = 1024 * 1024

export const limitBody = bodyLimit({
  maxSize: MAX_BYTES,
  onError: () => {
    throw new Problem('body_too_large')
  },
})

export const checkJson = createMiddleware(async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    const body = await c.req.text()
    if (body !== '') {
      if (!/^application\/json\s*(;|$)/i.test(c.req.header('Content-Type') ?? '')) {
        throw new Problem('unsupported_media_type')
      }
      parseStorable(body)
    }
  }
  await next()
})

/** Refuses text that is not JSON, and JSON that PostgreSQL cannot store. */
export function parseStorable(body: string): unknown {
  let storable = true
  let parsed: unknown
  try {
    parsed = JSON.parse(body, (key, value) => {
      storable &&= isStorable(key) && (typeof value !== 'string' || isStorable(value))
      return value
    })
  } catch {
    throw new Problem('invalid_json')
  }
  if (!storable) {
    throw new Problem('invalid_request', undefined, [
      { path: '', message: 'contains characters that cannot be stored' },
    ])
  }
  return parsed
}
