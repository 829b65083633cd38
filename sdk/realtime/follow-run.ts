/**
 * Follows one run. It subscribes first and then reads the rows, so that it misses nothing in between. It reads missing rows
 * after a gap, after each reconnect, and every few seconds in case a broadcast was lost.
 */
import {
  isTerminal,
  type PrintedEvent,
  type RunStep,
  type TokenEvent,
  type ToolProgressEvent,
} from '../../contracts/runs.ts'
import {
  addPrinted,
  addProgress,
  addSteps,
  addTokens,
  emptyFeed,
  hasGap,
  lastSeq,
  type RunFeed,
  statusOf,
} from './run-feed.ts'

export type Connection = 'connecting' | 'live' | 'reconnecting'

export interface RunSource {
  /** Steps with `seq > after`, in order. Rejects if they cannot be read. */
  readSteps(after: number): Promise<RunStep[]>
  /** Starts the subscription and returns a function that ends it. `connection` is called each time its state changes. */
  subscribe(on: {
    steps(steps: RunStep[]): void
    tokens(event: TokenEvent): void
    progress(event: ToolProgressEvent): void
    printed(event: PrintedEvent): void
    connection(state: 'live' | 'reconnecting'): void
  }): () => void
}

export interface Follower {
  /** Reads missing steps now, e.g. because the page became visible or the network came back. */
  refresh(): Promise<void>
  stop(): void
}

/** `onError` gets the error if reading fails, and null once it works again. */
export interface FollowEvents {
  onFeed(feed: RunFeed): void
  onConnection(state: Connection): void
  onError(error: unknown): void
}

/** How often the rows are read in case the last broadcast was lost, which shows no gap. */
const LOOK_AGAIN_MS = 15_000
const RETRY_MS = 2_000

export function followRun(source: RunSource, events: FollowEvents): Follower {
  let feed = emptyFeed()
  let reading: Promise<void> | null = null
  let readAgain = false
  let stopped = false
  let retry: ReturnType<typeof setTimeout> | undefined

  function update(next: RunFeed) {
    if (stopped || next === feed) return
    feed = next
    events.onFeed(feed)
  }

  async function readMissing() {
    try {
      do {
        readAgain = false
        update(addSteps(feed, await source.readSteps(lastSeq(feed))))
      } while (readAgain && !stopped)
      if (!stopped) events.onError(null)
    } catch (error) {
      if (stopped) return
      events.onError(error)
      clearTimeout(retry)
      retry = setTimeout(refresh, RETRY_MS)
    }
  }

  /** Only one read at a time; a call during a read makes it read once more. */
  function refresh(): Promise<void> {
    if (stopped) return Promise.resolve()
    readAgain = true
    reading ??= readMissing().finally(() => {
      reading = null
    })
    return reading
  }

  events.onConnection('connecting')
  const unsubscribe = source.subscribe({
    steps(steps) {
      update(addSteps(feed, steps))
      if (hasGap(feed)) void refresh()
    },
    tokens: (event) => update(addTokens(feed, event)),
    progress: (event) => update(addProgress(feed, event)),
    printed: (event) => update(addPrinted(feed, event)),
    connection(state) {
      if (stopped) return
      events.onConnection(state)
      if (state === 'live') void refresh()
    },
  })
  const look = setInterval(() => !isTerminal(statusOf(feed) ?? '') && void refresh(), LOOK_AGAIN_MS)
  void refresh()

  return {
    refresh,
    stop() {
      stopped = true
      clearInterval(look)
      clearTimeout(retry)
      unsubscribe()
    },
  }
}
