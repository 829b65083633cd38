/** Reads the audit log by SQL, for tests without REST. */
import type { Query } from '../../contracts/database-handle.ts'
import type { SignedStatement } from '../../executor/jobs/audit/statement.ts'
import type { AuditLog, AuditRow } from '../../scripts/audit/audit-log.ts'
import { verifyChains } from '../../scripts/audit/verify-chains.ts'

const PAGE = 1_000

export function auditLogBySql(query: Query): AuditLog {
  return {
    heads: () => query('select workspace_id, seq::int, hash from public.audit_heads()'),
    rows: (after) =>
      query<AuditRow>(
        `select workspace_id, seq::int, id, at::text, actor_type, actor_id, action, persona_id, run_id, trace_id, data::text,
           prev_hash::text, hash::text, content_hash::text, content_salt, erased_at::text
         from public.audit_events
         where $1::uuid is null or (workspace_id, seq) > ($1::uuid, $2::bigint) order by workspace_id, seq limit ${PAGE}`,
        [after?.workspace_id ?? null, after?.seq ?? null],
      ),
    statements: (after) =>
      query<SignedStatement>(
        `select n::int, statement, signature from public.audit_statements where n > $1 order by n limit ${PAGE}`,
        [after],
      ),
  }
}

/** What is wrong with the chains, as texts. Empty if all are intact. Signatures are not required. */
export async function brokenChains(query: Query): Promise<string[]> {
  const chains = await verifyChains(auditLogBySql(query))
  return chains.flatMap(({ workspace_id, broken }) =>
    broken ? [`audit chain of ${workspace_id} breaks at ${broken.seq}: ${broken.why}`] : [],
  )
}
