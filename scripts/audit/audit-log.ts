/** Reads the audit log as plain rows, so that the database computes nothing that is to be verified. */
import type { SupabaseClient } from '@supabase/supabase-js'
import type { Head, SignedStatement } from '../../executor/jobs/audit/statement.ts'

/** A row of `audit_events`. `at` and `data` are text as PostgreSQL prints it; bytes are `\x` and hex digits. */
export interface AuditRow {
  workspace_id: string
  seq: number
  id: string
  at: string
  actor_type: string
  actor_id: string | null
  action: string
  persona_id: string | null
  run_id: string | null
  trace_id: string | null
  data: string
  prev_hash: string
  hash: string
  content_hash: string | null
  content_salt: string | null
  erased_at: string | null
}

export type Place = Pick<AuditRow, 'workspace_id' | 'seq'>

export interface AuditLog {
  /**
   * Seals the waiting events, and returns the end of each chain as the database has recorded it. The hash is `\x` and
   * hex digits.
   */
  heads(): Promise<Head[]>
  /** The next rows after that place, ordered by workspace and number. An empty list at the end. */
  rows(after: Place | undefined): Promise<AuditRow[]>
  /** The next statements after that number, in order. An empty list at the end. */
  statements(after: number): Promise<SignedStatement[]>
}

const COLUMNS =
  'workspace_id, seq, id, at::text, actor_type, actor_id, action, persona_id, run_id, trace_id, data::text, ' +
  'prev_hash::text, hash::text, content_hash::text, content_salt, erased_at::text'
const PAGE = 1_000

/** Uses the service key; works on any Supabase. */
export function auditLogByRest(client: SupabaseClient): AuditLog {
  return {
    heads: async () => need<Head[]>(await client.rpc('audit_heads')),
    async rows(after) {
      const query = client.from('audit_events').select(COLUMNS).order('workspace_id').order('seq').limit(PAGE)
      const { workspace_id, seq } = after ?? {}
      const beyond = `workspace_id.gt.${workspace_id},and(workspace_id.eq.${workspace_id},seq.gt.${seq})`
      return need<AuditRow[]>(await (after ? query.or(beyond) : query))
    },
    async statements(after) {
      const query = client.from('audit_statements').select('n, statement, signature').gt('n', after)
      return need<SignedStatement[]>(await query.order('n').limit(PAGE))
    },
  }
}

function need<T>({ data, error }: { data: unknown; error: { message: string } | null }): T {
  if (error) throw new Error(error.message)
  return data as T
}
