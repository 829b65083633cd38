import type { SupabaseClient } from '@supabase/supabase-js'
import type { Database } from '#contracts/database'

/** The app's Supabase client. It knows every table, column and function: a name that is not there does not compile. */
export type Db = SupabaseClient<Database>

/** The names in a column list, so that one list is both the `select` and the row's type. */
export type ColumnsOf<List extends string> = List extends `${infer Name}, ${infer Rest}` ? Name | ColumnsOf<Rest> : List
