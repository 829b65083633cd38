/** What the middleware puts on a request's context for the handlers. */
import type { SupabaseClient } from '@supabase/supabase-js'
import type { Database } from '../../contracts/database.ts'
import type { Config } from './config.ts'

/** Tables and functions are those of the migrations, so a renamed column does not compile. */
export type Db = SupabaseClient<Database>

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
