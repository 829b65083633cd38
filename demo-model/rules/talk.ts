/** The conversation of one run, read from the messages of a request: the task, the calls, and their results. */
import { type ChatRequest, lastRequest, textOf } from '../protocol.ts'

export interface Outcome {
  ok: boolean
  /** For a failure: "denied", "invalid_input", "timeout" …; '' for a success. */
  code: string
  /** For a failure: a message for people. */
  message: string
  /** The tool's output: parsed JSON where it is JSON, else text. */
  data: unknown
}

export interface PastCall {
  name: string
  arguments: Record<string, unknown>
  /** Undefined until the tool has answered. */
  outcome?: Outcome
}

export interface Talk {
  /** The last message of the person: the task, without the list of files that came with it. */
  task: string
  /** Paths of files that came with the task. */
  attachments: string[]
  calls: PastCall[]
  /** What the person answered to questions of this run, oldest first. */
  answers: string[]
  /** Number of messages so far: makes the ids of tool calls unique and the same again after a crash. */
  length: number
}

/** How the executor names the files that came with a task (`taskMessage` in executor/runs/graph/prompt.ts). */
const attachmentList = /\n+Files given with this task[^\n]*:\n/

export function readTalk(messages: ChatRequest['messages']): Talk {
  const asked = lastRequest(messages)
  const own = messages.slice(asked + 1)
  const results = new Map(
    own.flatMap((message) =>
      message.role === 'tool' ? [[message.tool_call_id, outcomeOf(textOf(message.content))]] : [],
    ),
  )
  const calls = own.flatMap((message) =>
    message.role === 'assistant'
      ? (message.tool_calls ?? []).map((call) => ({
          name: call.function.name,
          arguments: objectIn(call.function.arguments),
          outcome: results.get(call.id),
        }))
      : [],
  )
  const answers = calls.flatMap((call) =>
    call.name === 'ask_human' && call.outcome?.ok ? [answerIn(call.outcome.data)] : [],
  )
  const text = asked < 0 ? '' : textOf(messages[asked]!.content)
  const [task = '', list = ''] = text.split(attachmentList)
  const attachments = [...list.matchAll(/^- (.+?)(?: \([^()]*\))?$/gm)].map((match) => match[1]!)
  return { task: task.trim(), attachments, calls, answers, length: messages.length }
}

/** The calls of one tool that have been answered, oldest first. */
export function answered(talk: Talk, name: string): (PastCall & { outcome: Outcome })[] {
  return talk.calls.filter((call): call is PastCall & { outcome: Outcome } => call.name === name && !!call.outcome)
}

function outcomeOf(text: string): Outcome {
  const data = jsonIn(text)
  if (typeof data === 'object' && data !== null) {
    const { error, status } = data as { error?: unknown; status?: unknown }
    if (typeof error === 'object' && error !== null) {
      const { code, message } = error as { code?: unknown; message?: unknown }
      return { ok: false, code: String(code ?? 'error'), message: String(message ?? code ?? ''), data }
    }
    if (typeof error === 'string' && error) return { ok: false, code: codeIn(error), message: error, data }
    if (status === 'denied' || status === 'failed') return { ok: false, code: String(status), message: text, data }
  } else if (/^(error|denied|failed|fehler)\b/i.test(text.trim())) {
    return { ok: false, code: codeIn(text), message: text.trim(), data: text }
  }
  return { ok: true, code: '', message: '', data }
}

function codeIn(text: string): string {
  return /\bdenied\b|not allowed|refused/i.test(text) ? 'denied' : 'error'
}

function answerIn(data: unknown): string {
  if (typeof data !== 'object' || data === null) return String(data ?? '')
  const { answer, text } = data as { answer?: unknown; text?: unknown }
  return String(answer ?? text ?? '')
}

function objectIn(text: string): Record<string, unknown> {
  const data = jsonIn(text)
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
