import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

interface Statement {
  n: number
  statement: string
  signature: string
}

/** Ends of audit chains that are not signed yet, and the newest statement. */
interface UnsignedHeads {
  previous: Pick<Statement, 'n' | 'statement'> | null
  heads: { workspace_id: string; seq: number; hash: string }[]
}

export function unsignedHeads(query: Query, maxHeads: number): Promise<UnsignedHeads> {
  return call(query, 'select platform.unsigned_heads(max_heads => $1) as result', [maxHeads])
}

/** False when another worker has saved a statement with this number. */
export function saveAuditStatement(query: Query, { n, statement, signature }: Statement): Promise<boolean> {
  return call(query, 'select platform.save_audit_statement(n => $1, statement => $2, signature => $3) as result', [
    n,
    statement,
    signature,
  ])
}

/** Oldest first. */
export function unpublishedStatements(query: Query, maxStatements: number): Promise<Statement[]> {
  return call(query, 'select platform.unpublished_statements(max_statements => $1) as result', [maxStatements])
}

export function markStatementPublished(query: Query, n: number): Promise<void> {
  return call(query, 'select platform.mark_statement_published(n => $1) as result', [n])
}
