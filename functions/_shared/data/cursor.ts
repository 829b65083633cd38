/** Cursors: the end of a page of a list, as an opaque text. Lists are sorted by creation, newest first, then by id. */
import { z } from 'zod'
import { Id, Timestamp } from '../../../contracts/api.ts'
import { Problem } from '../problem.ts'

const Cursor = z.tuple([Timestamp, Id])
interface Place {
  created_at: string
  id: string
}

/** In base64url, so that a query can contain it unchanged. */
export const writeCursor = ({ created_at, id }: Place) =>
  btoa(JSON.stringify([created_at, id]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')

/** A filter for `or()` that selects the rows after this place. */
export const rowsAfter = ({ created_at, id }: Place) => `created_at.lt."${created_at}",id.lt.${id}`

/** Throws a `Problem` if `writeCursor` did not make this text, so that the result is safe in a filter. */
export function readCursor(cursor: string): Place {
  try {
    const [created_at, id] = Cursor.parse(JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))))
    return { created_at, id }
  } catch {
    throw new Problem('invalid_request', undefined, [{ path: 'query.cursor', message: 'is not a cursor of this list' }])
  }
}
