import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import type { Identity } from './identity.ts'

/** What the policies on `realtime.messages` allow a user to do on a topic. */
export interface Permissions {
  readBroadcast: boolean
  readPresence: boolean
  writeBroadcast: boolean
  writePresence: boolean
  /** The message of a policy that raised an error; everything is then refused. */
  error: string | null
}

/** Public channels have no policies, and `service_role` is not subject to any. */
export const EVERYTHING: Permissions = {
  readBroadcast: true,
  readPresence: true,
  writeBroadcast: true,
  writePresence: true,
  error: null,
}

/** Evaluates the policies for a private topic in one statement, which changes nothing. */
export async function authorise(database: DatabaseHandle, topic: string, identity: Identity): Promise<Permissions> {
  if (identity.role === 'service_role') return EVERYTHING
  const [row] = await database.query<Permissions>(
    `select read_broadcast as "readBroadcast", read_presence as "readPresence",
            write_broadcast as "writeBroadcast", write_presence as "writePresence", error
     from realtime.authorize($1, $2, $3::jsonb)`,
    [topic, identity.role, JSON.stringify(identity.claims)],
  )
  return row!
}
