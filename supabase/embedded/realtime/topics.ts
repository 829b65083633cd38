/** Keeps who has joined which topic, and sends to all of them. */
import { type Broadcast, encodeBroadcast, type Vsn } from './protocol.ts'

/** What a topic needs of a channel that has joined. */
export interface Member {
  readonly vsn: Vsn
  readonly phoenixTopic: string
  readsBroadcasts(): boolean
  readsPresence(): boolean
  /** True for a message that a replay has already sent to the channel. */
  hasReplayed(messageId: string): boolean
  send(frame: string | Buffer): void
  push(event: string, payload: string): void
}

/** A private and a public channel with the same name are two topics. */
export function topicKey(topic: string, isPrivate: boolean): string {
  return `${isPrivate ? 'private' : 'public'}:${topic}`
}

export class Topics {
  readonly #members = new Map<string, Set<Member>>()

  join(key: string, member: Member): void {
    const members = this.#members.get(key)
    if (members) members.add(member)
    else this.#members.set(key, new Set([member]))
  }

  leave(key: string, member: Member): void {
    const members = this.#members.get(key)
    members?.delete(member)
    if (members?.size === 0) this.#members.delete(key)
  }

  members(key: string): Iterable<Member> {
    return this.#members.get(key) ?? []
  }

  broadcast(key: string, broadcast: Broadcast, options: { except?: Member; messageId?: string } = {}): void {
    const frames = new Map<Vsn, string | Buffer | null>()
    for (const member of this.members(key)) {
      if (member === options.except || !member.readsBroadcasts()) continue
      if (options.messageId && member.hasReplayed(options.messageId)) continue
      let frame = frames.get(member.vsn)
      if (frame === undefined) {
        frame = encodeBroadcast(member.vsn, member.phoenixTopic, broadcast)
        frames.set(member.vsn, frame)
      }
      if (frame !== null) member.send(frame)
    }
  }
}
