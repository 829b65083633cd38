/**
 * Tells the database what this server listens to, so that triggers write to the feed only if somebody listens. A lease keeps
 * the rows valid: those of a dead server expire after a minute.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import type { RealtimeLog } from './log.ts'

export const LEASE_SECONDS = 60
const RENEW_EVERY_MS = 20_000
const PURGE_EVERY_MS = 3_600_000
const WRITERS_PATIENCE_MS = 2_000

interface Listener {
  count: number
  /** Settles when the database matches `count`. */
  settled: Promise<void>
  tail: Promise<unknown>
}

export interface Listeners {
  /**
   * Resolves when every later commit about `key` will be in the feed. It waits up to two seconds for transactions under way
   * that write to `relations`.
   */
  add(key: string, relations: number[]): Promise<void>
  remove(key: string): void
  size(): number
  close(): Promise<void>
}

/** `onGap` is called if the lease had expired, because events may be missing. */
export async function openListeners(database: DatabaseHandle, log: RealtimeLog, onGap: () => void): Promise<Listeners> {
  const server = crypto.randomUUID()
  const listeners = new Map<string, Listener>()

  const renew = async () => {
    const [lease] = await database.query<{ alive: boolean }>(
      'select realtime.renew_lease($1::uuid, $2::int) as alive',
      [server, LEASE_SECONDS],
    )
    return lease!.alive
  }
  const insert = (key: string) =>
    database.query('insert into realtime.listeners (key, server) values ($1, $2::uuid) on conflict do nothing', [
      key,
      server,
    ])
  const insertAndWait = async (key: string, relations: number[]) => {
    await insert(key)
    await waitForWriters(database, relations, log)
  }
  const remove = (key: string) => {
    const listener = listeners.get(key)
    if (!listener || --listener.count > 0) return
    listener.tail = listener.tail
      .then(async () => {
        if (listener.count > 0) return
        await database.query('delete from realtime.listeners where key = $1 and server = $2::uuid', [key, server])
        if (listener.count === 0) listeners.delete(key)
      })
      .catch((error) => log.warn({ err: error }, 'realtime: a listener could not be removed'))
  }

  await renew()
  await database.query('select realtime.purge_messages()')
  const renewal = setInterval(async () => {
    try {
      if (await renew()) return
      for (const key of listeners.keys()) await insert(key)
      onGap()
    } catch (error) {
      log.warn({ err: error }, 'realtime: the lease could not be renewed')
    }
  }, RENEW_EVERY_MS)
  const purge = setInterval(() => {
    database
      .query('select realtime.purge_messages()')
      .catch((error) => log.warn({ err: error }, 'realtime: old messages could not be purged'))
  }, PURGE_EVERY_MS)

  return {
    async add(key, relations) {
      let listener = listeners.get(key)
      if (!listener) {
        listener = { count: 0, settled: Promise.resolve(), tail: Promise.resolve() }
        listeners.set(key, listener)
      }
      if (++listener.count === 1) {
        listener.settled = listener.tail.then(() => insertAndWait(key, relations))
        listener.tail = listener.settled.catch(() => {})
      }
      try {
        await listener.settled
      } catch (error) {
        remove(key)
        throw error
      }
    },
    remove,
    size: () => listeners.size,
    async close() {
      clearInterval(renewal)
      clearInterval(purge)
      await Promise.all([...listeners.values()].map((listener) => listener.tail))
      await database.query('delete from realtime.servers where id = $1::uuid', [server])
    },
  }
}

/** Waits, because a transaction that wrote before it could see the listener's row has written nothing to the feed. */
async function waitForWriters(database: DatabaseHandle, relations: number[], log: RealtimeLog): Promise<void> {
  const openWriters = async () => {
    const [row] = await database.query<{ writers: string[] }>(
      'select realtime.open_writers($1::text::oid[]) as writers',
      [`{${relations.join(',')}}`],
    )
    return row!.writers
  }
  let open = await openWriters()
  const deadline = Date.now() + WRITERS_PATIENCE_MS
  for (let pause = 2; open.length > 0; pause = Math.min(pause * 2, 100)) {
    if (Date.now() > deadline) {
      log.warn(
        { transactions: open.length },
        'realtime: subscribed while long transactions write; theirs may be missed',
      )
      return
    }
    await sleep(pause)
    const still = new Set(await openWriters())
    open = open.filter((transaction) => still.has(transaction))
  }
}
