/** The variables that the middleware sets for the handlers. */

import type { Config } from '../config.ts'
import type { Db } from '../data/database.ts'

export interface UsedKey {
  id: string
  /** The person that the key acts for. */
  user_id: string
}

export interface AppEnv {
  Variables: {
    config: Config
    traceId: string
    /** A client with the caller's rights: row level security applies. For links in mails it has the rights of the service. */
    db: Db
    userId: string
    /** The caller's API key; undefined if the caller has a session. */
    apiKey?: UsedKey
    /** For links in mails: the question that the link is for. */
    approvalId: string
  }
}
