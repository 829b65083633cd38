/** The service key. Use it only for requests with a valid signature instead of a session. */

import { createClient } from '@supabase/supabase-js'
import type { Database } from '../../../contracts/database.ts'
import type { Config } from '../config.ts'
import type { Db } from '../data/database.ts'

export const stateless = { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false }

/** A client that bypasses row level security: only call functions that are granted to `service_role` alone. */
export const serviceClient = ({ supabaseUrl, serviceKey }: Config, traceId: string): Db =>
  createClient<Database>(supabaseUrl, serviceKey, { auth: stateless, global: { headers: { 'X-Trace-ID': traceId } } })
