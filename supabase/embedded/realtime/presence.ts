/** Who is present on which topic, in the shape of Phoenix: `{key: {metas: [{phx_ref, …}]}}`. */
import { randomBytes } from 'node:crypto'
import type { Member, Topics } from './topics.ts'

interface Meta {
  phx_ref: string
  phx_ref_prev?: string
  [field: string]: unknown
}
type State = Record<string, { metas: Meta[] }>

interface Tracked {
  key: string
  meta: Meta
  payload: string
}

export class Presence {
  readonly #topics: Topics
  readonly #tracked = new Map<string, Map<Member, Tracked>>()

  constructor(topics: Topics) {
    this.#topics = topics
  }

  /** Makes `member` present under `key`, or changes its payload. The same payload has no effect. */
  track(topic: string, member: Member, key: string, payload: Record<string, unknown>): void {
    const onTopic = this.#tracked.get(topic) ?? new Map<Member, Tracked>()
    this.#tracked.set(topic, onTopic)
    const before = onTopic.get(member)
    const text = JSON.stringify(payload)
    if (before?.payload === text) return
    const meta: Meta = { ...payload, phx_ref: randomBytes(9).toString('base64url') }
    if (before) meta.phx_ref_prev = before.meta.phx_ref
    onTopic.set(member, { key, meta, payload: text })
    this.#sendDiff(topic, stateOf([{ key, meta }]), before ? stateOf([before]) : {})
  }

  untrack(topic: string, member: Member): void {
    const onTopic = this.#tracked.get(topic)
    const before = onTopic?.get(member)
    if (!onTopic || !before) return
    onTopic.delete(member)
    if (onTopic.size === 0) this.#tracked.delete(topic)
    this.#sendDiff(topic, {}, stateOf([before]))
  }

  /** The JSON text of the `presence_state` payload. */
  state(topic: string): string {
    return JSON.stringify(stateOf(this.#tracked.get(topic)?.values() ?? []))
  }

  #sendDiff(topic: string, joins: State, leaves: State): void {
    const payload = JSON.stringify({ joins, leaves })
    for (const member of this.#topics.members(topic)) {
      if (member.readsPresence()) member.push('presence_diff', payload)
    }
  }
}

/** Clients choose the keys, which may be names like `__proto__`: `fromEntries` turns them into own fields. */
function stateOf(tracked: Iterable<{ key: string; meta: Meta }>): State {
  const metas = new Map<string, Meta[]>()
  for (const { key, meta } of tracked) {
    const present = metas.get(key) ?? []
    metas.set(key, present)
    present.push(meta)
  }
  return Object.fromEntries(Array.from(metas, ([key, present]) => [key, { metas: present }]))
}
