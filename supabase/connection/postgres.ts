/** Connects to a PostgreSQL with a small pool, named prepared statements, and one connection for LISTEN. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { DatabaseHandle, Query } from '../../contracts/database-handle.ts'
import { valueParsers } from './value-parsers.ts'

const LISTEN_BACKOFF_MS = { first: 100, most: 5_000 }

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && valueParsers[oid]) || pg.types.getTypeParser(oid, format as 'text'),
}

/** The name of a statement is a hash of its text, so that each connection parses and plans it only once. */
const names = new Map<string, string>()
function statementName(sql: string): string {
  let name = names.get(sql)
  if (!name) {
    name = createHash('sha1').update(sql).digest('base64url')
    names.set(sql, name)
  }
  return name
}

const queryOn =
  (target: pg.Pool | pg.PoolClient): Query =>
  async <T>(sql: string, params: unknown[] = []) =>
    (await target.query({ name: statementName(sql), text: sql, values: params })).rows as T[]

export interface PostgresOptions {
  max?: number
  /** Gets the warnings of SQL functions, e.g. about an item that could not be processed. */
  onWarning?(message: string): void
}

/** Our statements look up rows by key, so one generic plan fits all values, and PostgreSQL need not plan five times first. */
const planOnce = async (client: pg.ClientBase) => {
  await client.query('set plan_cache_mode = force_generic_plan')
}

/**
 * Opens a pool of at most `max` connections. `url` must be a server, or a pooler in session mode. Connections are opened when
 * they are needed, so the first query shows whether the server can be reached.
 */
export function openPostgres(url: string, { max = 10, onWarning }: PostgresOptions = {}): DatabaseHandle {
  const settings: pg.ClientConfig = { connectionString: url, types, keepAlive: true }
  const pool = new pg.Pool({ ...settings, max, onConnect: planOnce })
  // The next query replaces an idle connection that broke. Without a listener the error would end the process.
  pool.on('error', () => {})
  if (onWarning) {
    pool.on('connect', (client) =>
      client.on('notice', ({ severity, message }) => {
        if (severity === 'WARNING') onWarning(message ?? '')
      }),
    )
  }
  const notifications = new Notifications(settings)
  let closed: Promise<unknown> | undefined
  return {
    query: queryOn(pool),
    transaction: (work) => inTransaction(pool, work),
    listen: (channel, onNotify) => notifications.listen(channel, onNotify),
    async close() {
      closed ??= Promise.all([notifications.close(), pool.end()])
      await closed
    },
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  // The pool listens only to idle connections. Without a listener here, a broken one would end the process.
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  try {
    await client.query('begin')
    const result = await work(queryOn(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    if (!broken) client.off('error', onError)
    client.release(broken)
  }
}

/** All listeners share one connection. It is opened by the first `listen`, and again, with backoff, when it breaks. */
class Notifications {
  readonly #settings: pg.ClientConfig
  readonly #listeners = new Map<string, Set<(payload: string) => void>>()
  readonly #closing = new AbortController()
  #client: Promise<pg.Client> | undefined

  constructor(settings: pg.ClientConfig) {
    this.#settings = settings
  }

  async listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners)
    listeners.add(onNotify)
    this.#client ??= this.#connect().catch((error) => {
      this.#client = undefined
      throw error
    })
    const client = await this.#client
    await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    return async () => {
      listeners.delete(onNotify)
      if (listeners.size > 0 || this.#closing.signal.aborted) return
      this.#listeners.delete(channel)
      await (await this.#client)?.query(`unlisten ${pg.escapeIdentifier(channel)}`)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const client = await this.#client?.catch(() => undefined)
    await client?.end().catch(() => {})
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#settings)
    client.on('notification', ({ channel, payload }) => {
      for (const notify of this.#listeners.get(channel) ?? []) notify(payload ?? '')
    })
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve())
      client.on('end', () => resolve())
    })
    try {
      await client.connect()
      for (const channel of this.#listeners.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    void lost.then(() => {
      if (!this.#closing.signal.aborted) this.#client = this.#reconnect()
    })
    return client
  }

  async #reconnect(): Promise<pg.Client> {
    for (let wait = LISTEN_BACKOFF_MS.first; ; wait = Math.min(wait * 2, LISTEN_BACKOFF_MS.most)) {
      await sleep(wait, undefined, { signal: this.#closing.signal })
      try {
        const client = await this.#connect()
        for (const listeners of this.#listeners.values()) for (const notify of listeners) notify('')
        return client
      } catch (error) {
        if (this.#closing.signal.aborted) throw error
      }
    }
  }
}
