/** What the middleware puts on a request's context for the handlers. */
import type { Config } from '../config.ts'
import type { Db } from '../data/database.ts'

export interface AppEnv {
  Variables: {
    config: Config
    traceId: string
    /** Speaks to Supabase as the caller: row level security applies. (As the service for links of mails.) */
    db: Db
    userId: string
    /** Where somebody comes by the link of a mail: the question that it leads to. */
    approvalId: string
  }
}
