/** Where a page of a list ended, as an opaque text. Lists are ordered by creation, newest first, then by id. */
import { z } from 'zod'
import { Id, Timestamp } from '../../../contracts/api.ts'
import { Problem } from '../problem.ts'

const Cursor = z.tuple([Timestamp, Id])
interface Place {
  created_at: string
  id: string
}

/** base64url, so that it stands in a query as it is. */
export const writeCursor = ({ created_at, id }: Place) =>
  btoa(JSON.stringify([created_at, id]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')

/** What lies beyond that place within its moment and before it, as a filter for `or()`. */
export const beyond = ({ created_at, id }: Place) => `created_at.lt."${created_at}",id.lt.${id}`

/** Throws a `Problem` for a text that `writeCursor` did not make: what comes out is safe in a filter. */
export function readCursor(cursor: string): Place {
  try {
    const [created_at, id] = Cursor.parse(JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))))
    return { created_at, id }
  } catch {
    throw new Problem('invalid_request', undefined, [{ path: 'query.cursor', message: 'is not a cursor of this list' }])
  }
}
