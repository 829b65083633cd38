/**
 * A job is one kind of work that a worker does. Each job owns its name, its retry policy and what it does; the engine owns
 * starting, waking, failures and stopping (`jobs.ts`).
 */

/** Takes items from a queue of the database, several at once. */
export interface QueueJob<Item> {
  /** Also the queue's name: a notification that names the queue wakes the job. */
  name: string
  /** The most items that are worked on at the same time. */
  slots: number
  claim(most: number): Promise<Item[]>
  /** Handles every failure of the item itself. If it throws anyway, that is logged, and the item's lease expires. */
  handle(item: Item): Promise<void>
}

/** Does one thing repeatedly. */
export interface RepeatedJob {
  name: string
  /** Milliseconds between the end of one round and the next. */
  every: number
  /** Returns `again` when more is waiting, so that the next round begins at once. If it throws, that is logged, and the next round tries again. */
  run(): Promise<'again' | undefined>
}
