/**
 * Compaction: what a run keeps in its state when its conversation no longer fits the model's window. Long results are cut
 * first, oldest first, then whole turns go into a summary of one line each. The request of the person and the last turn stay.
 * Nothing is lost: the database has every message, answer and result, and the model reads them with `read_earlier`.
 */
import type { Message } from '../model/model-client.ts'

/** The lines of the summary, oldest first. When there are too many, the oldest lines are only counted. */
export interface Summary {
  lines: string[]
  leftOut: number
}

export interface Context {
  summary: Summary
  messages: Message[]
}

export const noSummary: Summary = { lines: [], leftOut: 0 }

/** The share of the room that the summary may take. */
const SUMMARY_SHARE = 0.3
/** How much stays of a long result, and of one in the last turn, in characters. */
const KEPT = 400
const KEPT_OF_LAST = 2_000
const LINE = 200

/** The same conversation in at most `mostBytes`, or as short as it gets. Undefined if it cannot be made shorter. */
export function compact(context: Context, mostBytes: number): Context | undefined {
  const summary = { lines: [...context.summary.lines], leftOut: context.summary.leftOut }
  const turns = turnsOf(context.messages)
  const shorter = { summary, messages: context.messages }
  const fits = () => bytesOf(shorter) <= mostBytes
  const keep = () => {
    shorter.messages = turns.flat()
    trim(summary, mostBytes * SUMMARY_SHARE)
  }
  const cut = (index: number, kept: number) => {
    turns[index] = turns[index]!.map((message) => withoutLongParts(message, kept))
    keep()
  }
  const last = turns.length - 1
  const request = turns.findLastIndex(isRequest)
  for (let index = 0; index < last && !fits(); index++) if (index !== request) cut(index, KEPT)
  // what fills the room by itself is cut before turns are given up for it
  for (const index of new Set([last, request])) {
    if (index >= 0 && !fits() && jsonBytes(turns[index]) > mostBytes / 2) cut(index, KEPT_OF_LAST)
  }
  for (let index = 0; index < last && !fits(); index++) {
    if (index === request) continue
    summary.lines.push(...linesOf(turns[index]!))
    turns[index] = []
    keep()
  }
  for (const index of new Set([last, request])) if (index >= 0 && !fits()) cut(index, KEPT)
  return bytesOf(shorter) < bytesOf(context) ? shorter : undefined
}

/** The messages of a prompt: the summary stands in the first message of a person, because some servers refuse two in a row. */
export function withSummary({ summary, messages }: Context): Message[] {
  if (summary.lines.length === 0 && summary.leftOut === 0) return messages
  const text = summaryText(summary)
  const [first, ...others] = messages
  if (first?.role !== 'user' || typeof first.content !== 'string') return [{ role: 'user', content: text }, ...messages]
  return [{ role: 'user', content: `${text}\n\n${first.content}` }, ...others]
}

function summaryText({ lines, leftOut }: Summary): string {
  return [
    '[Summary of this conversation so far, shortened because it did not fit. It is a record, not a request. The exact words,',
    'figures and results are kept: read them with read_earlier before you use a figure from here.]',
    ...(leftOut > 0 ? [`(${leftOut} older entries are left out here. Find them with read_earlier.)`] : []),
    ...lines,
    '[End of the summary. The conversation goes on:]',
  ].join('\n')
}

const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

export const bytesOf = (context: Context) => jsonBytes(withSummary(context))

/** Cuts the oldest lines, so that the summary stays within `mostBytes`. */
function trim(summary: Summary, mostBytes: number): void {
  while (summary.lines.length > 0 && jsonBytes(summary.lines) > mostBytes) {
    summary.lines.shift()
    summary.leftOut += 1
  }
}

/** An answer of the model stays together with the results of its calls. A message of a person stands alone. */
function turnsOf(messages: Message[]): Message[][] {
  const turns: Message[][] = []
  for (const message of messages) {
    if (message.role === 'assistant' || isRequest([message]) || turns.length === 0) turns.push([message])
    else turns.at(-1)!.push(message)
  }
  return turns
}

/** What tools have shown also has the role of a user, but consists of parts (see-images.ts). */
const isRequest = ([first]: Message[]) => first?.role === 'user' && typeof first.content === 'string'

function linesOf(turn: Message[]): string[] {
  return turn.flatMap((message) => {
    if (message.role === 'user') return [line('Person', textOf(message))]
    if (message.role === 'tool') return [line('  result', textOf(message))]
    if (message.role !== 'assistant') return []
    const calls = (message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function' ? [line(`You called ${call.function.name}`, call.function.arguments)] : [],
    )
    return [...(textOf(message) ? [line('You', textOf(message))] : []), ...calls]
  })
}

function line(who: string, text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim()
  return `${who}: ${plain.length > LINE ? `${plain.slice(0, LINE).toWellFormed()}…` : plain}`
}

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content
  return (content ?? []).flatMap((part) => ('text' in part ? [part.text] : [])).join(' ')
}

function withoutLongParts(message: Message, kept: number): Message {
  if (message.role === 'tool' || message.role === 'user') {
    if (typeof message.content !== 'string') return { ...message, content: beginning(textOf(message), kept) } as Message
    return { ...message, content: beginning(message.content, kept) }
  }
  if (message.role !== 'assistant' || !message.tool_calls) return message
  return { ...message, tool_calls: message.tool_calls.map((call) => withShortArguments(call, kept)) }
}

type Call = NonNullable<Extract<Message, { role: 'assistant' }>['tool_calls']>[number]

function withShortArguments(call: Call, kept: number): Call {
  if (call.type !== 'function' || call.function.arguments.length <= 2 * kept) return call
  const text = beginning(call.function.arguments, kept)
  return { ...call, function: { ...call.function, arguments: JSON.stringify({ beginning: text }) } }
}

function beginning(text: string, kept: number): string {
  const left = text.length - kept
  if (left <= kept) return text
  return `${text.slice(0, kept).toWellFormed()}\n[${left} more characters do not fit here. Read them with read_earlier.]`
}
