/** Walks the chains of the audit log and computes every hash itself. It trusts nothing that the database computes. */
import type { AuditLog, AuditRow } from './audit-log.ts'
import { contentHash, NO_HASH, rowHash } from './row-hash.ts'
import type { SignedHeads } from './verify-statements.ts'

export interface ChainReport {
  workspace_id: string
  events: number
  /** Events whose content was erased. */
  erased: number
  /** The first event that was changed or is missing, and how this shows. */
  broken?: { seq: number; why: string }
  /** Events after the last signed head, and the time of the first of them, as PostgreSQL writes it. */
  unsigned?: { events: number; since: string }
}

/** One report for each chain, in the order of their workspaces. */
export async function verifyChains(log: AuditLog, signedHeads: SignedHeads = new Map()): Promise<ChainReport[]> {
  const heads = new Map((await log.heads()).map((head) => [head.workspace_id, head]))
  const chains = new Map<string, Chain>()
  for await (const row of rowsOf(log)) {
    const chain = chains.get(row.workspace_id) ?? new Chain(row.workspace_id, signedHeads.get(row.workspace_id))
    chains.set(row.workspace_id, chain)
    chain.add(row)
  }
  for (const id of [...heads.keys(), ...signedHeads.keys()]) {
    if (!chains.has(id)) chains.set(id, new Chain(id, signedHeads.get(id)))
  }
  return [...chains.values()]
    .map((chain) => chain.end(heads.get(chain.workspaceId)))
    .sort((one, other) => (one.workspace_id < other.workspace_id ? -1 : 1))
}

class Chain {
  readonly workspaceId: string
  readonly #signed: NonNullable<ReturnType<SignedHeads['get']>>
  readonly #lastSigned: number
  readonly #erased: number[] = []
  readonly #mayBeErased: [first: number, last: number][] = []
  #last: AuditRow | undefined
  #broken: ChainReport['broken']
  #unsignedSince: string | undefined

  constructor(workspaceId: string, signed: ReturnType<SignedHeads['get']>) {
    this.workspaceId = workspaceId
    this.#signed = signed ?? new Map()
    this.#lastSigned = Math.max(0, ...this.#signed.keys())
  }

  add(row: AuditRow): void {
    const why = this.#wrongWith(row)
    if (why) this.#break(row.seq, why)
    if (row.erased_at !== null) this.#erased.push(row.seq)
    if (row.action === 'audit.erased' && row.erased_at === null) this.#mayBeErased.push(...JSON.parse(row.data).spans)
    if (row.seq > this.#lastSigned) this.#unsignedSince ??= row.at
    this.#last = row
  }

  #wrongWith(row: AuditRow): string | undefined {
    if (row.seq !== (this.#last?.seq ?? 0) + 1) return 'the event before it is missing'
    if (row.prev_hash !== (this.#last?.hash ?? NO_HASH)) return 'it does not follow the event before it'
    const isOfFirstRelease = row.content_hash === null
    if (row.erased_at === null) {
      if (!isOfFirstRelease && row.content_hash !== contentHash(row)) return 'its content was changed'
      if (row.hash !== rowHash(row)) return 'it was changed'
    } else if (!isOfFirstRelease && row.hash !== rowHash(row)) return 'it was changed'
    const signed = this.#signed.get(row.seq)
    if (signed && signed.hash !== row.hash) return `its hash differs from the one that was signed at ${signed.at}`
    return undefined
  }

  /** `head` is the end of the chain as the database has recorded it. */
  end(head: { seq: number; hash: string } | undefined): ChainReport {
    const events = this.#last?.seq ?? 0
    const silent = this.#erased.find((seq) => !this.#mayBeErased.some(([first, last]) => first <= seq && seq <= last))
    if (silent !== undefined) this.#break(silent, 'its content was erased, and no event says so')
    const promised = Math.max(head?.seq ?? 0, this.#lastSigned)
    if (events < promised) this.#break(events + 1, `events up to ${promised} are missing`)
    if (events > (head?.seq ?? 0)) this.#break((head?.seq ?? 0) + 1, 'it was added after the end of the chain')
    if (head && head.seq === events && head.hash !== this.#last?.hash) {
      this.#break(events, 'it is not the end that the database has recorded')
    }
    return {
      workspace_id: this.workspaceId,
      events,
      erased: this.#erased.length,
      ...(this.#broken && { broken: this.#broken }),
      ...(this.#unsignedSince !== undefined && {
        unsigned: { events: events - this.#lastSigned, since: this.#unsignedSince },
      }),
    }
  }

  #break(seq: number, why: string): void {
    if (!this.#broken || seq < this.#broken.seq) this.#broken = { seq, why }
  }
}

async function* rowsOf(log: AuditLog): AsyncGenerator<AuditRow> {
  for (let last: AuditRow | undefined; ; ) {
    const page = await log.rows(last)
    if (page.length === 0) return
    yield* page
    last = page.at(-1)
  }
}
