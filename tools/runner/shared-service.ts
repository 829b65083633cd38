/** One service, from its start to its end, and the calls that use it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError } from '../../contracts/tool-errors.ts'
import type { RunningService, ServiceDefinition } from '../kit/service.ts'

const HEALTH_MS = 3_000
const HEALTH_RETRY_MS = 25

export interface ServiceEvent {
  name: string
  state: 'started' | 'stopped' | 'lost'
  /** Why it was lost. */
  message?: string
}

type OnLoss = (error: ToolError) => void

export class SharedService {
  /** Resolves when the service is healthy for the first time. Rejects with `service_unavailable`. */
  readonly started: Promise<void>
  readonly #definition: ServiceDefinition
  readonly #report: (event: ServiceEvent) => void
  readonly #users = new Set<OnLoss>()
  readonly #gone = Promise.withResolvers<void>()
  /** Aborted with the reason when the service has ended. */
  readonly #dead = new AbortController()
  #running: RunningService | undefined
  #lost: ToolError | undefined
  #isOver = false
  #idleTimer: NodeJS.Timeout | undefined

  /** Starts when `predecessorGone` resolves, so that two services of one name never run at the same time. */
  constructor(
    definition: ServiceDefinition,
    workspace: string,
    report: (event: ServiceEvent) => void,
    predecessorGone: Promise<void> | undefined,
  ) {
    this.#definition = definition
    this.#report = report
    this.started = this.#start(workspace, predecessorGone)
  }

  /** True when it accepts no more users. */
  get isOver(): boolean {
    return this.#isOver
  }

  get lost(): ToolError | undefined {
    return this.#lost
  }

  get handle(): unknown {
    return this.#running?.handle
  }

  /** Resolves when all its processes have ended. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  take(onLoss: OnLoss): void {
    clearTimeout(this.#idleTimer)
    this.#users.add(onLoss)
  }

  release(onLoss: OnLoss): void {
    this.#users.delete(onLoss)
    if (this.#users.size > 0 || this.#isOver) return
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => void this.stop(), this.#definition.idleSeconds * 1000)
    this.#idleTimer.unref()
  }

  /** A service that fails its health check is lost for all calls that use it. */
  async checkHealth(): Promise<void> {
    const running = this.#running
    if (!running || this.#isOver) return
    const problem = await problemOf(running, this.#dead.signal)
    if (problem === undefined || this.#isOver) return
    this.#lose(problem)
    await running.stop()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#idleTimer)
    if (this.#isOver) return this.gone
    this.#isOver = true
    await this.started.catch(() => {})
    await this.#running?.stop()
    this.#report({ name: this.#definition.name, state: 'stopped' })
    this.#gone.resolve()
  }

  async #start(workspace: string, predecessorGone: Promise<void> | undefined): Promise<void> {
    const { name, startSeconds } = this.#definition
    try {
      await predecessorGone
      const late = AbortSignal.timeout(startSeconds * 1000)
      const running = await startInTime(this.#definition, workspace, late)
      void running.ended.then((reason) => {
        this.#dead.abort(new Error(reason))
        if (this.#running) this.#lose(reason)
        this.#gone.resolve()
      })
      await this.#untilHealthy(running, late)
      this.#running = running
      this.#report({ name, state: 'started' })
    } catch (error) {
      this.#isOver = true
      this.#gone.resolve()
      throw new ToolError('service_unavailable', `The service ${name} could not be started: ${messageOf(error)}.`)
    }
  }

  async #untilHealthy(running: RunningService, late: AbortSignal): Promise<void> {
    for (;;) {
      const problem = await problemOf(running, this.#dead.signal)
      this.#dead.signal.throwIfAborted()
      if (problem === undefined) return
      if (late.aborted) {
        await running.stop()
        throw new Error(problem)
      }
      await sleep(HEALTH_RETRY_MS)
    }
  }

  #lose(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#idleTimer)
    const { name } = this.#definition
    this.#lost = new ToolError('service_lost', `The service ${name} was lost: ${reason}.`)
    this.#report({ name, state: 'lost', message: reason })
    for (const onLoss of this.#users) onLoss(this.#lost)
  }
}

/** Stops a service whose start took too long. */
async function startInTime(
  definition: ServiceDefinition,
  workspace: string,
  late: AbortSignal,
): Promise<RunningService> {
  const starting = definition.start({ workspace, signal: late })
  try {
    return await Promise.race([starting, rejectsWhen(late, 'it did not start in time')])
  } catch (error) {
    starting.then((running) => running.stop()).catch(() => {}) // `error` already reports it
    throw error
  }
}

/** What is wrong, as half a sentence. Undefined when the service is healthy. */
function problemOf(running: RunningService, dead: AbortSignal): Promise<string | undefined> {
  const late = AbortSignal.timeout(HEALTH_MS)
  const signal = AbortSignal.any([late, dead])
  const given = Promise.race([running.health(signal), rejectsWhen(signal, 'it does not answer')])
  return given.then(
    () => undefined,
    (error) => (dead.aborted ? messageOf(dead.reason) : messageOf(error)),
  )
}

function rejectsWhen(signal: AbortSignal, message: string): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new Error(message))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail, { once: true })
  })
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
