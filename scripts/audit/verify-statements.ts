/** Verifies the signed heads in the database and in copies from outside, and returns the hashes that they promise. */
import { hashOf, readStatement, type SignedStatement } from '../../executor/jobs/audit/statement.ts'
import type { AuditLog } from './audit-log.ts'

interface SignedHead {
  /** `\x` and hex digits. */
  hash: string
  /** When it was signed. */
  at: string
}

/** By chain and number of the event. */
export type SignedHeads = Map<string, Map<number, SignedHead>>

export interface StatementsReport {
  statements: number
  copies: number
  problems: string[]
  signedHeads: SignedHeads
}

/** `copies`: statements that were kept outside of the database. */
export async function verifyStatements(
  log: AuditLog,
  publicKeys: string[],
  copies: SignedStatement[],
): Promise<StatementsReport> {
  const problems: string[] = []
  const signedHeads: SignedHeads = new Map()
  const known = new Map<number, string>()
  let previous: SignedStatement | undefined

  const take = (signed: SignedStatement, name: string) => {
    try {
      const content = readStatement(signed, publicKeys)
      for (const { workspace_id, seq, hash } of content.heads) {
        const chain = signedHeads.get(workspace_id) ?? new Map<number, SignedHead>()
        signedHeads.set(workspace_id, chain)
        const other = chain.get(seq)
        if (other && other.hash !== `\\x${hash}`) {
          problems.push(`${name}: another hash was signed for event ${seq} of ${workspace_id} at ${other.at}`)
        } else {
          chain.set(seq, { hash: `\\x${hash}`, at: content.at })
        }
      }
      return content
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`)
    }
  }

  for await (const signed of statementsOf(log)) {
    const name = `statement ${signed.n}`
    const content = take(signed, name)
    if (signed.n !== (previous?.n ?? 0) + 1) problems.push(`${name}: the statement before it is missing`)
    else if (content && content.previous !== (previous ? hashOf(previous.statement) : null)) {
      problems.push(`${name}: the statement before it was replaced`)
    }
    known.set(signed.n, hashOf(signed.statement))
    previous = signed
  }
  for (const copy of copies) {
    const name = `copy of statement ${copy.n}`
    if (take(copy, name) && known.get(copy.n) !== hashOf(copy.statement)) {
      problems.push(`${name}: the database ${known.has(copy.n) ? 'has another statement in its place' : 'lacks it'}`)
    }
  }
  return { statements: known.size, copies: copies.length, problems, signedHeads }
}

async function* statementsOf(log: AuditLog): AsyncGenerator<SignedStatement> {
  for (let after = 0; ; ) {
    const page = await log.statements(after)
    if (page.length === 0) return
    yield* page
    after = page.at(-1)!.n
  }
}
