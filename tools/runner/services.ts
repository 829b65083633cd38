/**
 * The services of one sandbox. They are started when needed, shared by calls, checked for health before each use, and ended
 * when idle. A call that uses a service while it is lost fails with `service_lost`, and the next call gets a fresh one.
 */
import type { ToolError } from '../../contracts/tool-errors.ts'
import type { ServiceDefinition } from '../kit/service.ts'
import { type ServiceEvent, SharedService } from './shared-service.ts'

/** A call's use of a service, until it is released. */
export interface Lease {
  handle: unknown
  /** The real cause of a failed call: the loss of the service if it is gone, else the given error. */
  loss(): Promise<ToolError | undefined>
  release(): void
}

export class Services {
  readonly #workspace: string
  readonly #report: (event: ServiceEvent) => void
  readonly #shared = new Map<string, SharedService>()

  constructor(workspace: string, report: (event: ServiceEvent) => void) {
    this.#workspace = workspace
    this.#report = report
  }

  /** The service, healthy. `onLoss` is called at most once, while the lease is held. Rejects with `service_unavailable`. */
  async use(definition: ServiceDefinition, onLoss: (error: ToolError) => void): Promise<Lease> {
    for (;;) {
      const shared = this.#current(definition)
      let isHeld = false
      const whileHeld = (error: ToolError) => isHeld && onLoss(error)
      shared.take(whileHeld)
      try {
        await shared.started
        await shared.checkHealth()
        isHeld = !shared.lost
      } finally {
        if (!isHeld) shared.release(whileHeld)
      }
      if (isHeld) return leaseOf(shared, whileHeld)
    }
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#shared.values()].map((shared) => shared.stop()))
  }

  #current(definition: ServiceDefinition): SharedService {
    const current = this.#shared.get(definition.name)
    if (current && !current.isOver) return current
    const next = new SharedService(definition, this.#workspace, this.#report, current?.gone)
    this.#shared.set(definition.name, next)
    return next
  }
}

function leaseOf(shared: SharedService, onLoss: (error: ToolError) => void): Lease {
  return {
    handle: shared.handle,
    async loss() {
      await shared.checkHealth()
      return shared.lost
    },
    release: () => shared.release(onLoss),
  }
}
