import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import { broadcastJson } from './protocol.ts'

/** The latest messages of a private topic since `since` (milliseconds since 1970), oldest first, as broadcast payloads. */
export async function replayMessages(
  database: DatabaseHandle,
  topic: string,
  { since, limit }: { since: number; limit: number },
): Promise<{ id: string; payload: string }[]> {
  const rows = await database.query<{ id: string; event: string; payload: string }>(
    `select id, event, payload::text as payload from realtime.messages
     where topic = $1 and extension = 'broadcast' and private and payload is not null and event is not null
       and inserted_at >= to_timestamp($2::float8 / 1000) at time zone 'utc'
     order by inserted_at desc limit $3::int`,
    [topic, since, limit],
  )
  return rows.reverse().map(({ id, event, payload }) => ({
    id,
    payload: broadcastJson(event, payload, JSON.stringify({ replayed: true, id })),
  }))
}
