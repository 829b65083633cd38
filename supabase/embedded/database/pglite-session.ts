/**
 * Watches PGlite's only session, and opens it again if it breaks.
 *
 * A statement that overflows V8's stack or traps in the wasm module leaves PGlite in the middle of its work. PGlite goes
 * on all the same, with a transaction that never ends or with wrong answers. A session of ours answers nothing more
 * after that. The next one is opened on the same folder, and recovers as after a crash of the process.
 */
import type { PGlite } from '@electric-sql/pglite'

/** PGlite's exit status after a statement that failed without breaking the session. */
const STATEMENT_FAILED = 100

/** Whether a commit under way was kept is not known, as after a lost connection. By this code, REST answers with 503. */
export class SessionBroken extends Error {
  override name = 'SessionBroken'
  readonly code = 'PT503'

  constructor() {
    super('The database stopped in the middle of this statement and is being started again. Try again.')
  }
}

interface Listener {
  channel: string
  onNotify(payload: string): void
  stop(): Promise<void>
}

export interface SessionOptions {
  first: PGlite
  /** Opens the same data again. Undefined if the data is in memory, and is lost with the session. */
  another?(): PGlite
  /** Runs on each PGlite before anything else. */
  prepare(pglite: PGlite): Promise<void>
  onWarning(message: string): void
}

export class PgliteSession {
  readonly #options: SessionOptions
  readonly #listeners = new Set<Listener>()
  #pglite!: PGlite
  #broken = false
  #reopening: Promise<void> | undefined
  #closed = false

  private constructor(options: SessionOptions) {
    this.#options = options
  }

  static async open(options: SessionOptions): Promise<PgliteSession> {
    const session = new PgliteSession(options)
    await session.#use(options.first)
    return session
  }

  readonly query: PGlite['query'] = async (...args) => (await this.#usable()).query(...args)
  readonly transaction: PGlite['transaction'] = async (work) => (await this.#usable()).transaction(work)
  readonly exec: PGlite['exec'] = async (...args) => (await this.#usable()).exec(...args)

  /** Calls `onNotify('')` after the session was opened again, because notifications in between are lost. */
  async listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
    const listener = { channel, onNotify, stop: await (await this.#usable()).listen(channel, onNotify) }
    this.#listeners.add(listener)
    return async () => {
      this.#listeners.delete(listener)
      if (!this.#broken) await listener.stop()
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#reopening?.catch(() => {})
    if (!this.#broken && !this.#pglite.closed) await this.#pglite.close()
  }

  async #usable(): Promise<PGlite> {
    if (this.#broken) {
      const { another } = this.#options
      if (this.#closed || !another) throw new SessionBroken()
      this.#reopening ??= this.#reopen(another).finally(() => {
        this.#reopening = undefined
      })
      await this.#reopening
    }
    return this.#pglite
  }

  async #use(pglite: PGlite): Promise<void> {
    await pglite.waitReady
    watch(pglite, (cause) => this.#break(cause))
    await this.#options.prepare(pglite)
    this.#pglite = pglite
    this.#broken = false
  }

  #break(cause: unknown): void {
    this.#broken = true
    this.#options.onWarning(`the database session broke and is opened again: ${cause}`)
    // do not wait for the next query: Realtime and idle workers only wait for notifications
    setImmediate(() => this.#usable().catch((error) => this.#options.onWarning(`it could not be opened: ${error}`)))
  }

  async #reopen(another: () => PGlite): Promise<void> {
    await this.#pglite.fs?.closeFs().catch(() => {})
    await this.#use(another())
    for (const listener of this.#listeners) {
      listener.stop = await this.#pglite.listen(listener.channel, listener.onNotify)
      listener.onNotify('')
    }
  }
}

/** The part of PGlite's wasm module that every statement passes. */
interface WasmModule {
  _PostgresMainLoopOnce(): void
  _PostgresMainLongJmp(): void
  _PostgresSendReadyForQueryIfNecessary(): void
  _pgl_pq_flush(): void
  stackRestore(pointer: number): void
}

/** Calls `onBroken` once, when a statement neither succeeds nor ends with a normal database error. */
function watch(pglite: PGlite, onBroken: (cause: unknown) => void): void {
  const { mod } = pglite as unknown as { mod: WasmModule }
  const runStatement = mod._PostgresMainLoopOnce
  const recover = mod._PostgresMainLongJmp
  const refuse = () => {
    throw new SessionBroken()
  }
  const breakDown = (cause: unknown) => {
    // PGlite would catch what a statement throws, restore the stack and go on; refusing stops that
    const nothing = () => {}
    Object.assign(mod, { _PostgresMainLoopOnce: refuse, _PostgresMainLongJmp: refuse, stackRestore: refuse })
    Object.assign(mod, { _PostgresSendReadyForQueryIfNecessary: nothing, _pgl_pq_flush: nothing })
    onBroken(cause)
  }
  mod._PostgresMainLoopOnce = () => {
    try {
      runStatement()
    } catch (error) {
      if ((error as { status?: unknown } | null)?.status !== STATEMENT_FAILED) breakDown(error)
      throw error
    }
  }
  mod._PostgresMainLongJmp = () => {
    try {
      recover()
    } catch (error) {
      breakDown(error)
      refuse()
    }
  }
}
