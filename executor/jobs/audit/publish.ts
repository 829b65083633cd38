/** Writes signed heads of the audit chains to places where the database's owner cannot change them. */
import { appendFile } from 'node:fs/promises'
import type { SignedStatement } from './statement.ts'

const TIMEOUT_MS = 10_000

export interface AuditOutlets {
  /** A file to which each statement is appended, as one line of JSON. */
  file?: string | undefined
  /** URL to which each statement is posted as JSON. The operator chooses it, so it may be in the internal network. */
  url?: string | undefined
}

/** Resolves when every place has the statement. After a failure it is sent again, so a statement may arrive twice. */
export type Publish = (statement: SignedStatement) => Promise<void>

export function openPublish({ file, url }: AuditOutlets): Publish {
  return async ({ n, statement, signature }) => {
    const line = JSON.stringify({ n, statement, signature } satisfies SignedStatement)
    if (file) await appendFile(file, `${line}\n`, { mode: 0o600 })
    if (url) await post(url, line)
  }
}

async function post(url: string, body: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`AUDIT_HEADS_URL answered ${answer.status}.`)
}
