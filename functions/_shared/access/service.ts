/** The service key: only for requests that carry a proof of their own instead of a session, after it was checked. */

import { createClient } from '@supabase/supabase-js'
import type { Database } from '../../../contracts/database.ts'
import type { Config } from '../config.ts'
import type { Db } from '../data/database.ts'

export const stateless = { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false }

/** Speaks to Supabase as the service, past row level security: call functions that are granted to `service_role` only. */
export const serviceClient = ({ supabaseUrl, serviceKey }: Config, traceId: string): Db =>
  createClient<Database>(supabaseUrl, serviceKey, { auth: stateless, global: { headers: { 'X-Trace-ID': traceId } } })
