/** Reads `realtime.feed` by snapshots: each committed entry exactly once and in order, even after a lost connection. */
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import type { RealtimeLog } from './log.ts'

export type FeedEntry = FeedMessage | FeedChange

/** A row of realtime.messages. `payload` is JSON text, which is not parsed. */
export interface FeedMessage {
  kind: 'message'
  id: string
  topic: string
  private: boolean
  event: string
  payload: string
}

/** A changed row of a table. Its content stays in the database until it is known who may see it. */
export interface FeedChange {
  kind: 'change'
  seq: number
  relation: number
  operation: 'INSERT' | 'UPDATE' | 'DELETE'
}

interface Row {
  snapshot: string
  seq: number | null
  relation: number | null
  operation: FeedChange['operation'] | null
  id: string | null
  topic: string | null
  private: boolean | null
  event: string | null
  payload: string | null
}

const BATCH = 500
const SAFETY_POLL_MS = 5_000
const RETRY_MS = 1_000

// $1: the snapshot of the previous read, $2: the last seq of this read, $3: the snapshot of this read, from its second
// batch on
const READ = `
  select pg_current_snapshot()::text as snapshot, entry.*
  from (values (1)) as always left join lateral (
    select f.seq, f.relation::int8 as relation, f.operation,
           m.id, m.topic, m.private, m.event, m.payload::text as payload
    from realtime.feed f left join realtime.messages m on m.id = f.message
    where f.transaction >= pg_snapshot_xmin($1::text::pg_snapshot)
      and not pg_visible_in_snapshot(f.transaction, $1::text::pg_snapshot)
      and f.seq > $2::int8
      and ($3::text is null or pg_visible_in_snapshot(f.transaction, $3::text::pg_snapshot))
    order by f.seq
    limit ${BATCH}
  ) entry on true
  order by entry.seq`

export interface FeedReader {
  close(): Promise<void>
}

/**
 * Calls `deliver` with batches of all entries that are committed from now on. If it rejects, it is called with the same batch
 * again. While `isWanted` returns true (somebody listens), the feed is also polled slowly, in case a NOTIFY was lost.
 */
export async function readFeed(
  database: DatabaseHandle,
  log: RealtimeLog,
  deliver: (entries: FeedEntry[]) => Promise<void>,
  isWanted: () => boolean,
): Promise<FeedReader> {
  const [start] = await database.query<{ snapshot: string }>('select pg_current_snapshot()::text as snapshot')
  /** `snapshot` is that of the current read, so that a failed read continues where it stopped. */
  const position = { last: start!.snapshot, seq: 0, snapshot: null as string | null }
  let reading: Promise<void> | null = null
  let again = false
  let closed = false
  let retry: NodeJS.Timeout | undefined

  const readAll = async () => {
    for (;;) {
      const rows = await database.query<Row>(READ, [position.last, position.seq, position.snapshot])
      position.snapshot ??= rows[0]!.snapshot
      const entries = rows.flatMap(toEntry)
      if (entries.length > 0) await deliver(entries)
      if (rows.length < BATCH) break
      position.seq = rows.at(-1)!.seq!
    }
    Object.assign(position, { last: position.snapshot, seq: 0, snapshot: null })
  }
  const wake = () => {
    if (closed) return
    if (reading) {
      again = true
      return
    }
    again = false
    reading = readAll()
      .catch((error) => {
        log.warn({ err: error }, 'realtime: the feed could not be read')
        clearTimeout(retry)
        retry = setTimeout(wake, RETRY_MS)
      })
      .then(() => {
        reading = null
        if (again) wake()
      })
  }

  const unlisten = await database.listen('realtime', wake)
  const poll = setInterval(() => {
    if (isWanted()) wake()
  }, SAFETY_POLL_MS)
  return {
    async close() {
      closed = true
      clearInterval(poll)
      clearTimeout(retry)
      await unlisten()
      await reading
    },
  }
}

function toEntry(row: Row): FeedEntry[] {
  if (row.relation !== null) {
    return [{ kind: 'change', seq: row.seq!, relation: row.relation, operation: row.operation! }]
  }
  if (row.id === null) return [] // nothing new, or a message that was deleted meanwhile
  return [
    {
      kind: 'message',
      id: row.id,
      topic: row.topic!,
      private: row.private ?? false,
      event: row.event!,
      payload: row.payload!,
    },
  ]
}
