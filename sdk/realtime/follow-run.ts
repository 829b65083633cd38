/**
 * Follows one run: subscribes first, then reads the rows, so that nothing can fall between; reads again what is
 * missing after a gap, after each reconnect, and now and then in case a broadcast was lost.
 */
import { isTerminal, type RunStep, type TokenEvent, type ToolProgressEvent } from '../../contracts/runs.ts'
import { addProgress, addSteps, addTokens, emptyFeed, hasGap, lastSeq, type RunFeed, statusOf } from './run-feed.ts'

export type Connection = 'connecting' | 'live' | 'reconnecting'

export interface RunSource {
  /** Steps with `seq > after`, in order; rejects when they cannot be read. */
  readSteps(after: number): Promise<RunStep[]>
  /** Starts the subscription; `onConnection` is called each time it stands or falls. Returns how to end it. */
  subscribe(on: {
    steps(steps: RunStep[]): void
    tokens(event: TokenEvent): void
    progress(event: ToolProgressEvent): void
    connection(state: 'live' | 'reconnecting'): void
  }): () => void
}

export interface Follower {
  /** Reads what is missing now (the page came back to the front, the network came back). */
  refresh(): Promise<void>
  stop(): void
}

/** `onError` gets what reading failed with, null once it works again. */
export interface FollowEvents {
  onFeed(feed: RunFeed): void
  onConnection(state: Connection): void
  onError(error: unknown): void
}

/** A lost broadcast that no later one reveals is found by the next such look. */
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

  /** One reader at a time; who comes meanwhile has the reader go round once more. */
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
