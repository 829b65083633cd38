/**
 * Signs the heads of the audit chains once a minute, and writes the signed statements outside of the database. Several
 * workers may do this: the number of a statement is unique, so only the first worker's statement counts.
 */
import type { Logger } from 'pino'
import type { Query } from '../../../contracts/database-handle.ts'
import type { RepeatedJob } from '../../engine/job.ts'
import {
  markStatementPublished,
  saveAuditStatement,
  unpublishedStatements,
  unsignedHeads,
} from '../../platform/audit-statements.ts'
import { sealAudit } from '../../platform/seal-audit.ts'
import type { Publish } from './publish.ts'
import { type SignedStatement, signStatement } from './statement.ts'

const EVERY_MS = 60_000
/** The most heads in one statement. */
const HEADS = 500
const STATEMENTS = 100
const LAST_EVENTS = 10_000

interface SignAuditDependencies {
  query: Query
  encryptionKey: string
  publish: Publish
  log: Logger
}

export function signAuditJob(deps: SignAuditDependencies): RepeatedJob {
  /** The newest statement that this worker has seen in the database. */
  let newest = 0
  return {
    name: 'sign audit',
    every: EVERY_MS,
    async run() {
      const { previous, heads } = await unsignedHeads(deps.query, HEADS)
      if ((previous?.n ?? 0) < newest) {
        deps.log.error({ found: previous?.n ?? 0, known: newest }, 'signed audit heads were removed from the database')
      }
      newest = previous?.n ?? 0
      if (heads.length > 0) {
        const signed = signStatement(deps.encryptionKey, { heads, previous, at: new Date() })
        if (await saveAuditStatement(deps.query, signed)) {
          newest = signed.n
          deps.log.info({ audit_statement: signed }, 'audit heads signed')
        }
      }
      const isMore = (await publishStatements(deps)) || heads.length === HEADS
      return isMore ? 'again' : undefined
    },
  }
}

/** Also seals and signs events that were recorded while the worker stopped. An unreachable database does not delay the end. */
export async function signLastHeads(signing: RepeatedJob, query: Query, log: Logger): Promise<void> {
  try {
    await sealAudit(query, LAST_EVENTS)
    await signing.run()
  } catch (error) {
    log.warn({ err: error }, 'the last audit heads were not signed; the next worker signs them')
  }
}

/** Publishes statements in order, each until it succeeds. Returns whether more are waiting. */
async function publishStatements({ query, publish }: SignAuditDependencies): Promise<boolean> {
  const waiting: SignedStatement[] = await unpublishedStatements(query, STATEMENTS)
  for (const statement of waiting) {
    await publish(statement)
    await markStatementPublished(query, statement.n)
  }
  return waiting.length === STATEMENTS
}
