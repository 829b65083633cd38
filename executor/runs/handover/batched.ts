/** Calls that come while others are under way travel together: one statement, one transaction, one fsync for all. */
import { DatabaseAwayError } from '../../platform/errors.ts'

/** Two, so that one is on its way while the server works on the other. */
const STATEMENTS_AT_ONCE = 2
/** Beyond this a statement gains little, and those that wait for it lose. */
const MOST_AT_ONCE = 32

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Makes of `send`, which writes several items in one transaction and answers in their order, a function for one item. A
 * single item goes out at once. When `send` refuses some of several, none was written: then each is sent alone, so that
 * an error meets the item that it belongs to.
 */
export function batched<Item, Result>(send: (items: Item[]) => Promise<Result[]>): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  let underWay = 0

  const flush = async () => {
    if (waiting.length === 0 || underWay >= STATEMENTS_AT_ONCE) return
    underWay++
    const batch = waiting.splice(0, MOST_AT_ONCE)
    void flush()
    await deliver(batch, send)
    underWay--
    void flush()
  }
  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      // what is asked for in the same turn of the event loop goes together
      if (waiting.length === 1) setImmediate(flush)
    })
}

async function deliver<Item, Result>(batch: Waiting<Item, Result>[], send: (items: Item[]) => Promise<Result[]>) {
  try {
    const results = await send(batch.map(({ item }) => item))
    batch.forEach(({ resolve }, place) => {
      resolve(results[place]!)
    })
  } catch (error) {
    if (batch.length > 1 && !(error instanceof DatabaseAwayError)) {
      for (const one of batch) await deliver([one], send)
    } else {
      for (const { reject } of batch) reject(error)
    }
  }
}
