/**
 * A job is one kind of work that a worker does. Each job owns its name, its retry policy and what it does; the engine owns
 * starting, waking, failures and stopping (`jobs.ts`).
 */

/** Takes items from a queue of the database, several at once. */
export interface QueueJob<Item> {
  /** Also the queue's name: a notification that names the queue wakes the job. */
  name: string
  /** How many items are worked on at once at most. */
  slots: number
  claim(most: number): Promise<Item[]>
  /** Settles every failure of the item itself. What it throws is logged, and the item's lease ends by itself. */
  handle(item: Item): Promise<void>
}

/** Does one thing again and again. */
export interface RepeatedJob {
  name: string
  /** Milliseconds between the end of one round and the next. */
  every: number
  /** `again`: more is waiting, so the next round begins at once. What it throws is logged, and it is tried again. */
  run(): Promise<'again' | undefined>
}
