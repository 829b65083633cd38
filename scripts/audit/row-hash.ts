/** Computes the hashes of a row of the audit log, in the same way as `supabase/schemas/audit/chain.sql`. */
import { createHash } from 'node:crypto'
import type { AuditRow } from './audit-log.ts'

export const NO_HASH = `\\x${'00'.repeat(32)}`

export const contentHash = ({ content_salt, data }: AuditRow) => hex(sha256(`${content_salt}${data}`))

/** The hash of the row, computed from its other columns. */
export function rowHash(row: AuditRow): string {
  // the first release hashed the content itself
  const content = row.content_hash === null ? row.data : quote(row.content_hash.slice(2))
  const values = [
    quote(row.workspace_id),
    String(row.seq),
    quote(row.id),
    epoch(row.at),
    quote(row.actor_type),
    quote(row.actor_id),
    quote(row.action),
    content,
    quote(row.persona_id),
    quote(row.run_id),
    quote(row.trace_id),
  ]
  return hex(sha256(Buffer.from(row.prev_hash.slice(2), 'hex'), `[${values.join(', ')}]`))
}

/** Writes text as PostgreSQL's json_build_array does. */
const quote = (text: string | null) => JSON.stringify(text)

const TIME = /^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::\d\d)?)$/

/** PostgreSQL's `extract(epoch from at)`: seconds with six decimals. */
export function epoch(at: string): string {
  const [, date, time, fraction = '', zone = ''] = TIME.exec(at) ?? []
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone
  const seconds = Date.parse(`${date}T${time}${offset}`) / 1000
  if (!Number.isInteger(seconds) || seconds < 0) throw new Error(`${at} is not a time of the audit log`)
  return `${seconds}.${fraction.padEnd(6, '0')}`
}

function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const hex = (bytes: Buffer) => `\\x${bytes.toString('hex')}`
