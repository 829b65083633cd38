/** What the middleware puts on a request's context for the handlers. */
import type { SupabaseClient } from '@supabase/supabase-js'
import type { Config } from './config.ts'

export interface AppEnv {
  Variables: {
    config: Config
    traceId: string
    /** Speaks to Supabase as the caller: row level security applies. */
    db: SupabaseClient
    userId: string
  }
}
