/** Batches calls that arrive while others are running: one statement, one transaction and one fsync for all of them. */
import { DatabaseAwayError } from '../../platform/errors.ts'

/** Two, so that one travels while the server works on the other. */
const STATEMENTS_AT_ONCE = 2
/** A larger batch saves little more, and its callers wait longer. */
const MOST_AT_ONCE = 32

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Turns `send`, which writes several items in one transaction and answers in their order, into a function for one item. A
 * single item is sent at once. When `send` refuses a batch, nothing of it was written. Each item is then sent again alone, so
 * that the error reaches the item that caused it.
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
      // waits for other items of the same turn of the event loop
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
