/**
 * `npm run audit:verify [file …]`: reads the audit log, computes every hash itself and compares it with the signed
 * heads. If something is wrong, it names it and exits with 1. If it cannot verify, it exits with 2.
 *
 * It reads the platform that is running on this data folder, or the one at SUPABASE_URL with SUPABASE_SECRET_KEY. The
 * files contain signed heads that were kept outside of the database, one JSON object on each line: what
 * AUDIT_HEADS_FILE wrote, what AUDIT_HEADS_URL received, or lines of the executor's log. AUDIT_PUBLIC_KEYS lists the
 * keys to trust (base64url, separated by commas); ENCRYPTION_KEY adds its own.
 */
import './require-node.ts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import { auditPublicKey, SignedStatement } from '../executor/jobs/audit/statement.ts'
import { loadKeys } from '../supabase/embedded/identity/keys.ts'
import { auditLogByRest } from './audit/audit-log.ts'
import { epoch } from './audit/row-hash.ts'
import { type ChainReport, verifyChains } from './audit/verify-chains.ts'
import { verifyStatements } from './audit/verify-statements.ts'
import { AUDIT_HEADS, dataFolder, runningInstance } from './instance.ts'

/** Workers sign once a minute. */
const SIGNED_WITHIN_MS = 10 * 60_000

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`The audit log could not be verified: ${(error as Error).message}`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { url, key, publicKeys, files } = await whatToVerify()
  const log = auditLogByRest(createClient(url, key))
  const copies = (await Promise.all(files.map(readCopies))).flat()
  const { signedHeads, problems, statements } = await verifyStatements(log, publicKeys, copies)
  const chains = await verifyChains(log, signedHeads)
  for (const chain of chains) console.log(`${chain.workspace_id}  ${inWords(chain)}`)
  console.log(`${statements} signed statements in the database, ${copies.length} outside of it`)
  for (const problem of problems) console.log(`WRONG ${problem}`)
  return problems.length > 0 || chains.some((chain) => chain.broken || isUnsigned(chain)) ? 1 : 0
}

async function whatToVerify() {
  const { SUPABASE_URL, SUPABASE_SECRET_KEY, ENCRYPTION_KEY, AUDIT_PUBLIC_KEYS = '' } = process.env
  const folder = dataFolder()
  const instance = SUPABASE_URL ? undefined : await runningInstance(folder)
  const url = SUPABASE_URL ?? instance?.api_url
  const key = SUPABASE_SECRET_KEY ?? instance?.secret_key
  if (!url || !key) throw new Error('Start the platform, or set SUPABASE_URL and SUPABASE_SECRET_KEY.')
  const encryptionKey = ENCRYPTION_KEY || (instance && (await loadKeys(folder)).encryptionKey)
  const publicKeys = AUDIT_PUBLIC_KEYS.split(',').map((text) => text.trim())
  if (encryptionKey) publicKeys.push(auditPublicKey(encryptionKey))
  if (!publicKeys.some(Boolean)) throw new Error('set AUDIT_PUBLIC_KEYS, or ENCRYPTION_KEY')
  const files = process.argv.slice(2)
  const own = join(folder, AUDIT_HEADS)
  if (instance && existsSync(own)) files.push(own)
  return { url, key, publicKeys: publicKeys.filter(Boolean), files }
}

/** Skips lines that are not statements, because a log has other lines as well. */
async function readCopies(file: string): Promise<SignedStatement[]> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  return lines.flatMap((line) => {
    if (!line.includes('"statement"')) return []
    const content = JSON.parse(line)
    return [SignedStatement.parse(content.audit_statement ?? content)]
  })
}

function isUnsigned({ unsigned }: ChainReport): boolean {
  return unsigned !== undefined && Number(epoch(unsigned.since)) * 1000 < Date.now() - SIGNED_WITHIN_MS
}

function inWords(chain: ChainReport): string {
  const { events, erased, broken, unsigned } = chain
  const parts = [`${events} events`]
  if (erased > 0) parts.push(`content of ${erased} erased`)
  if (unsigned)
    parts.push(`${unsigned.events} ${isUnsigned(chain) ? 'NOT SIGNED since' : 'to be signed since'} ${unsigned.since}`)
  parts.push(broken ? `BROKEN at event ${broken.seq}: ${broken.why}` : 'whole')
  return parts.join(', ')
}
