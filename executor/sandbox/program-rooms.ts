/**
 * Runs calls that execute untrusted code. Each gets its own room, which shares only the workspace and the egress proxy with
 * the persona's sandbox. So the code cannot reach another call's runner, memory or secrets, and everything that it leaves
 * running ends with its room, before the call is answered.
 */
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { ToolErrorCode } from '../../contracts/tool-errors.ts'
import { ToolCallError } from '../failures.ts'
import type { RunnerClient } from './runner-client.ts'

/** Each room may use as much memory and CPU as the persona's sandbox, so only a few exist at a time. */
const MOST_AT_ONCE = 4

/** Starts a room. Resolves when its runner is ready. */
type OpenRoom = () => Promise<RunnerClient>

export class ProgramRooms {
  readonly #open: OpenRoom
  readonly #opening = new Set<Promise<RunnerClient>>()
  readonly #waiting: (() => void)[] = []
  #free = MOST_AT_ONCE
  #closedBecause: { code: ToolErrorCode; reason: string } | undefined

  constructor(open: OpenRoom) {
    this.#open = open
  }

  /** Never sends a secret, because tools that run untrusted code have none. */
  async call(...[call, signal, events]: Parameters<Sandbox['call']>): ReturnType<Sandbox['call']> {
    await this.#takePlace(signal)
    const opening = this.#openOne()
    try {
      const room = await unlessAborted(opening, signal)
      return await room.call({ ...call, secrets: {} }, signal, events)
    } finally {
      const closed = this.#close(opening)
      if (!signal.aborted) await closed
    }
  }

  /** Ends all rooms. Their calls fail with `code` and the reason, which is half a sentence. */
  async close(code: ToolErrorCode, reason: string): Promise<void> {
    this.#closedBecause ??= { code, reason }
    await Promise.all([...this.#opening].map((opening) => opening.then((room) => this.#end(room), ignore)))
  }

  #openOne(): Promise<RunnerClient> {
    const opening = this.#openUnlessClosed()
    this.#opening.add(opening)
    return opening
  }

  async #openUnlessClosed(): Promise<RunnerClient> {
    if (this.#closedBecause)
      throw new ToolCallError('sandbox_lost', `The sandbox ended: ${this.#closedBecause.reason}.`)
    return this.#open()
  }

  async #close(opening: Promise<RunnerClient>): Promise<void> {
    await opening.then((room) => this.#end(room), ignore)
    this.#opening.delete(opening)
    this.#leavePlace()
  }

  #end(room: RunnerClient): Promise<void> {
    const { code, reason } = this.#closedBecause ?? { code: 'sandbox_lost', reason: 'its call is over' }
    room.end(code, reason)
    return room.ended
  }

  async #takePlace(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const place = Promise.withResolvers<void>()
    this.#waiting.push(place.resolve)
    await unlessAborted(place.promise, signal).catch((error) => {
      const index = this.#waiting.indexOf(place.resolve)
      if (index === -1) this.#leavePlace()
      else this.#waiting.splice(index, 1)
      throw error
    })
  }

  /** Gives the place to the call that has waited longest, or frees it. */
  #leavePlace(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}

const ignore = () => {}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new ToolCallError('cancelled', 'Cancelled before it began.'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
