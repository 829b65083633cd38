/**
 * postgres_changes: which channel wants which rows, and who may see them. One statement evaluates the filters and policies for
 * all changes of a batch, and only once for users with the same claims.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseHandle } from '../../../contracts/database-handle.ts'
import { ownValue } from '../../../contracts/own-value.ts'
import type { FeedChange } from './feed.ts'
import { type Filter, FilterError, parseFilters } from './filters.ts'
import type { Identity } from './identity.ts'
import type { ChangesBinding } from './join-config.ts'
import type { Listeners } from './listeners.ts'
import type { RealtimeLog } from './log.ts'

/** A channel, as row changes see it. */
export interface ChangesReceiver {
  readonly identity: Identity
  push(event: string, payload: string): void
  /** Makes the client join and read again, because it missed events. */
  fail(): void
  /** Tells the client why it gets no more row changes. */
  changesFailed(message: string): void
}

/** The subscription is not possible. The message is the same as Supabase's. */
export class SubscriptionError extends Error {}

interface Subscription {
  id: number
  receiver: ChangesReceiver
  binding: ChangesBinding
  /** The SQL condition on the row, or null, by the oid of the table. */
  tables: Map<number, string | null>
  end(): void
}

interface Check {
  seq: number
  conditions: string[]
  viewers: { role: string; claims: unknown }[]
}

interface Verdict {
  seq: number
  /** null if the condition raised an error. */
  passes: (boolean | null)[]
  sees: boolean[]
  data: Record<string, string | null>
  error?: string
}

const ATTEMPTS = 3
const PAUSE_MS = 300

/** The frames of one change, ready to send. */
export type Delivery = () => void

export class Changes {
  readonly #database: DatabaseHandle
  readonly #listeners: Listeners
  readonly #log: RealtimeLog
  readonly #byTable = new Map<number, Set<Subscription>>()

  constructor(database: DatabaseHandle, listeners: Listeners, log: RealtimeLog) {
    this.#database = database
    this.#listeners = listeners
    this.#log = log
  }

  /** Subscribes to one binding. Resolves with a function that ends the subscription. Throws SubscriptionError. */
  async subscribe(receiver: ChangesReceiver, id: number, binding: ChangesBinding): Promise<() => void> {
    const tables = await this.#findTables(binding, receiver.identity.role)
    let ended = false
    const end = () => {
      if (ended) return
      ended = true
      for (const table of tables.keys()) {
        const subscriptions = this.#byTable.get(table)
        subscriptions?.delete(subscription)
        if (subscriptions?.size === 0) this.#byTable.delete(table)
        this.#listeners.remove(listenerKey(table))
      }
    }
    const subscription: Subscription = { id, receiver, binding, tables, end }
    for (const table of tables.keys()) {
      const subscriptions = this.#byTable.get(table) ?? new Set()
      this.#byTable.set(table, subscriptions.add(subscription))
    }
    const added = await Promise.allSettled(
      [...tables.keys()].map((table) => this.#listeners.add(listenerKey(table), [table])),
    )
    const failure = added.find((result) => result.status === 'rejected')
    if (failure) {
      end()
      throw failure.reason
    }
    return end
  }

  /** What to send for each change, by its seq. If the query fails, the affected clients join again. */
  async deliveries(changes: FeedChange[]): Promise<Map<number, Delivery>> {
    const wanted = new Map<number, Subscription[]>()
    for (const { seq, relation, operation } of changes) {
      const subscriptions = [...(this.#byTable.get(relation) ?? [])].filter(
        ({ binding }) => binding.event === '*' || binding.event === operation,
      )
      if (subscriptions.length > 0) wanted.set(seq, subscriptions)
    }
    if (wanted.size === 0) return new Map()

    const relations = new Map(changes.map(({ seq, relation }) => [seq, relation]))
    const checks = [...wanted].map(([seq, subscriptions]) => checkFor(seq, relations.get(seq)!, subscriptions))
    const verdicts = await this.#check(checks.map(({ check }) => check))
    if (!verdicts) {
      for (const { receiver } of [...wanted.values()].flat()) receiver.fail()
      return new Map()
    }
    const deliveries = new Map<number, Delivery>()
    verdicts.forEach((verdict, index) => {
      const { place } = checks[index]!
      if (verdict.error) this.#log.warn({ reason: verdict.error }, 'realtime: a change could not be checked')
      else deliveries.set(verdict.seq, () => deliver(wanted.get(verdict.seq)!, place, verdict))
    })
    return deliveries
  }

  async #check(checks: Check[]): Promise<Verdict[] | null> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        const [row] = await this.#database.query<{ verdicts: Verdict[] }>(
          'select realtime.check_changes($1::jsonb) as verdicts',
          [JSON.stringify(checks)],
        )
        return row!.verdicts
      } catch (error) {
        this.#log.error({ err: error, attempt }, 'realtime: changes could not be checked')
        if (attempt < ATTEMPTS) await sleep(PAUSE_MS)
      }
    }
    return null
  }

  async #findTables(binding: ChangesBinding, role: string): Promise<Map<number, string | null>> {
    const { schema, table, select } = binding
    if (select && (schema === '*' || table === '*')) {
      throw new SubscriptionError(
        'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
      )
    }
    const filters = filtersOf(binding)
    const rows = await this.#database
      .query<{ relation: number; condition: string | null }>(
        'select relation::int8 as relation, condition from realtime.watch_tables($1, $2, $3::jsonb, $4)',
        [schema, table, JSON.stringify(filters), role],
      )
      .catch((error: Error) => {
        throw new SubscriptionError(
          `Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: ${described(binding)}. Exception: ${error.message}`,
        )
      })
    if (rows.length === 0) {
      throw new SubscriptionError(
        `Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: ${described(binding)}`,
      )
    }
    return new Map(rows.map(({ relation, condition }) => [relation, condition]))
  }
}

function filtersOf(binding: ChangesBinding): Filter[] {
  try {
    return parseFilters(binding.filter)
  } catch (error) {
    if (error instanceof FilterError) {
      throw new SubscriptionError(`Error parsing \`filter\` params: ${error.message}`)
    }
    throw error
  }
}

function described({ event, schema, table, filter, select }: ChangesBinding): string {
  return `[event: ${event}, schema: ${schema}, table: ${table}, filters: [${filter}], select: ${select ?? 'nil'}]`
}

/** The positions of a subscription's condition and viewer in the check. */
interface Place {
  condition: number | null
  viewer: number
}

function checkFor(
  seq: number,
  relation: number,
  subscriptions: Subscription[],
): { check: Check; place: Map<Subscription, Place> } {
  const conditions = new Map<string, number>()
  const viewers = new Map<string, number>()
  const check: Check = { seq, conditions: [], viewers: [] }
  const place = new Map<Subscription, Place>()
  for (const subscription of subscriptions) {
    const condition = subscription.tables.get(relation) ?? null
    const { role, claims } = subscription.receiver.identity
    const viewer = JSON.stringify([role, claims])
    if (!viewers.has(viewer)) viewers.set(viewer, check.viewers.push({ role, claims }) - 1)
    if (condition !== null && !conditions.has(condition)) {
      conditions.set(condition, check.conditions.push(condition) - 1)
    }
    place.set(subscription, {
      condition: condition === null ? null : conditions.get(condition)!,
      viewer: viewers.get(viewer)!,
    })
  }
  return { check, place }
}

/** One frame for each channel and selection of columns, with the ids of all matching subscriptions. */
function deliver(subscriptions: Subscription[], place: Map<Subscription, Place>, verdict: Verdict): void {
  const frames = new Map<ChangesReceiver, Map<string, { ids: number[]; data: string }>>()
  for (const subscription of subscriptions) {
    const { receiver, binding, id } = subscription
    const { condition, viewer } = place.get(subscription)!
    if (condition !== null && verdict.passes[condition] === null) {
      subscription.end()
      receiver.changesFailed(`The filter of a subscription failed, so it has ended: ${described(binding)}`)
      continue
    }
    if (!verdict.sees[viewer] || (condition !== null && !verdict.passes[condition])) continue
    const data = ownValue(verdict.data, receiver.identity.role)
    if (!data) continue
    const ofReceiver = frames.get(receiver) ?? new Map()
    frames.set(receiver, ofReceiver)
    const selection = JSON.stringify(binding.select)
    const frame = ofReceiver.get(selection) ?? { ids: [], data: binding.select ? selected(data, binding.select) : data }
    frame.ids.push(id)
    ofReceiver.set(selection, frame)
  }
  for (const [receiver, ofReceiver] of frames) {
    for (const { ids, data } of ofReceiver.values()) {
      receiver.push('postgres_changes', `{"ids":${JSON.stringify(ids)},"data":${data}}`)
    }
  }
}

function selected(data: string, columns: string[]): string {
  const change = JSON.parse(data)
  const pick = (record: Record<string, unknown> | undefined) =>
    record && Object.fromEntries(Object.entries(record).filter(([name]) => columns.includes(name)))
  return JSON.stringify({
    ...change,
    columns: change.columns.filter(({ name }: { name: string }) => columns.includes(name)),
    record: pick(change.record),
    old_record: pick(change.old_record),
  })
}

function listenerKey(table: number): string {
  return `table:${table}`
}
