/**
 * Shortens a conversation so that it fits a small window. It first shortens long results and arguments, oldest first, and
 * then removes whole turns, oldest first. The task and the last turn always stay.
 */
import type { Message } from './model-client.ts'

const KEPT = 400
const LEFT_OUT = '[Earlier turns are left out here, because they do not fit.]'

/** The same conversation in `fraction` of its bytes. Undefined if it cannot be made that short. */
export function shorten(messages: Message[], fraction: number): Message[] | undefined {
  const mostBytes = bytesOf(messages) * fraction
  const fits = (shorter: Message[]) => bytesOf(shorter) <= mostBytes
  const lastTurn = messages.findLastIndex((message) => message.role === 'assistant')
  const shorter = [...messages]
  for (const [index, message] of messages.entries()) {
    if (index !== lastTurn) shorter[index] = withoutLongParts(message)
    if (fits(shorter)) return shorter
  }
  for (const turns of withoutOldTurns(shorter, lastTurn)) if (fits(turns)) return turns
  return undefined
}

/** Yields the conversation with one turn fewer each time, oldest first. */
function* withoutOldTurns(messages: Message[], lastTurn: number): Generator<Message[]> {
  const task = messages.findIndex((message) => message.role === 'user')
  const before = messages.slice(0, task + 1).map((message, index) => (index === task ? withNote(message) : message))
  for (let first = nextTurn(messages, task + 1); first <= lastTurn; first = nextTurn(messages, first)) {
    yield [...before, ...messages.slice(first)]
  }
}

function withNote(message: Message): Message {
  if (message.role !== 'user') return message
  const { content } = message
  return typeof content === 'string'
    ? { ...message, content: `${content}\n\n${LEFT_OUT}` }
    : { ...message, content: [...content, { type: 'text', text: LEFT_OUT }] }
}

const bytesOf = (messages: Message[]) => Buffer.byteLength(JSON.stringify(messages))

function withoutLongParts(message: Message): Message {
  if (message.role === 'tool' && typeof message.content === 'string') {
    const note = 'Read the file, or repeat the call for a smaller part.'
    return { ...message, content: beginning(message.content, note) }
  }
  if (message.role !== 'assistant' || !message.tool_calls) return message
  return { ...message, tool_calls: message.tool_calls.map(withShortArguments) }
}

type Call = NonNullable<Extract<Message, { role: 'assistant' }>['tool_calls']>[number]

function withShortArguments(call: Call): Call {
  if (call.type !== 'function' || call.function.arguments.length <= 2 * KEPT) return call
  const text = beginning(call.function.arguments, 'The call was made with the full arguments.')
  return { ...call, function: { ...call.function, arguments: JSON.stringify({ beginning: text }) } }
}

function beginning(text: string, note: string): string {
  const left = text.length - KEPT
  return left <= KEPT
    ? text
    : `${text.slice(0, KEPT).toWellFormed()}\n[${left} more characters do not fit here. ${note}]`
}

/** Where the next turn begins. A call and its results stay together. */
function nextTurn(messages: Message[], from: number): number {
  const next = messages.findIndex((message, index) => index > from && message.role !== 'tool')
  return next === -1 ? messages.length : next
}
