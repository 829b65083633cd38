/** Keeps one live sandbox per persona, which its calls share. Starts it when needed and after a loss, and stops it when idle. */
import type { Sandbox, SandboxSpec } from '../../contracts/sandbox.ts'
import { ToolCallError } from '../failures.ts'
import type { LiveDriver, LiveSandbox } from './driver.ts'

const IDLE_MS = 5 * 60_000

export interface PoolOptions {
  /** A sandbox that is unused for this long is stopped. Default: 5 minutes. */
  idleMs?: number
}

export class SandboxPool {
  readonly #driver: LiveDriver
  readonly #idleMs: number
  readonly #shared = new Map<string, SharedSandbox>()
  #closed = false

  constructor(driver: LiveDriver, { idleMs = IDLE_MS }: PoolOptions = {}) {
    this.#driver = driver
    this.#idleMs = idleMs
  }

  /**
   * The persona's running sandbox. A changed list of hosts takes effect at once. Changed limits need a restart, which
   * happens now unless a call is running. Rejects with a `ToolCallError`.
   */
  async sandboxFor(spec: SandboxSpec): Promise<Sandbox> {
    if (this.#closed) throw stopping()
    if (!/^[\w-]{1,64}$/.test(spec.personaId)) throw new Error(`not a persona's id: ${JSON.stringify(spec.personaId)}`)
    let shared = this.#shared.get(spec.personaId)
    if (!shared) {
      shared = new SharedSandbox(this.#driver, spec, this.#idleMs)
      this.#shared.set(spec.personaId, shared)
    }
    await shared.update(spec)
    return shared
  }

  /** Stops all sandboxes. Running calls are lost. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#shared.values()].map((shared) => shared.close()))
    await this.#driver.close()
  }
}

const stopping = () => new ToolCallError('sandbox_lost', 'The executor is stopping.')

class SharedSandbox implements Sandbox {
  readonly #driver: LiveDriver
  readonly #idleMs: number
  #spec: SandboxSpec
  #live: Promise<LiveSandbox> | undefined
  /** The limits with which the live sandbox was started. */
  #liveLimits: SandboxSpec['limits'] | undefined
  #stopping: Promise<void> | undefined
  #inUse = 0
  #idleTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(driver: LiveDriver, spec: SandboxSpec, idleMs: number) {
    this.#driver = driver
    this.#spec = spec
    this.#idleMs = idleMs
  }

  async update(spec: SandboxSpec): Promise<void> {
    this.#spec = spec
    const outgrown = this.#live && JSON.stringify(spec.limits) !== JSON.stringify(this.#liveLimits)
    if (outgrown && this.#inUse === 0) await this.stop()
    await this.#use(async (live) => live.allowHosts(this.#spec.allowedHosts))
  }

  call(...args: Parameters<Sandbox['call']>): ReturnType<Sandbox['call']> {
    return this.#use((live) => live.call(...args))
  }

  readFile(path: string, maxBytes: number): Promise<Buffer> {
    return this.#use((live) => live.readFile(path, maxBytes))
  }

  writeFile(path: string, data: Buffer): Promise<void> {
    return this.#use((live) => live.writeFile(path, data))
  }

  async stop(): Promise<void> {
    clearTimeout(this.#idleTimer)
    const live = this.#live
    if (!live) return this.#stopping
    this.#live = undefined
    this.#stopping = live.then(
      (sandbox) => sandbox.stop(),
      () => {}, // it never started, and its callers got the error
    )
    await this.#stopping
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.stop()
  }

  async #use<T>(work: (live: LiveSandbox) => Promise<T>): Promise<T> {
    this.#inUse += 1
    clearTimeout(this.#idleTimer)
    try {
      return await work(await this.#ensureLive())
    } finally {
      this.#inUse -= 1
      if (this.#inUse === 0) this.#stopLater()
    }
  }

  /** Replaces a lost sandbox, but only when everything that belongs to it is gone. */
  async #ensureLive(): Promise<LiveSandbox> {
    for (;;) {
      if (this.#closed) throw stopping()
      this.#live ??= this.#start()
      const starting = this.#live
      const live = await starting.catch((error) => {
        if (this.#live === starting) this.#live = undefined
        throw error
      })
      if (!live.lost) return live
      await live.ended
      if (this.#live === starting) this.#live = undefined
    }
  }

  async #start(): Promise<LiveSandbox> {
    await this.#stopping
    this.#liveLimits = this.#spec.limits
    return this.#driver.start(this.#spec)
  }

  #stopLater(): void {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => void this.stop(), this.#idleMs)
    this.#idleTimer.unref()
  }
}
