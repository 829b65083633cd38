/** The prompt of a segment. It is compacted before the call if it is known not to fit, or after the server has refused it. */
import type { NewStep } from '../../platform/types.ts'
import type { Message, ModelQuestion, TooLong, ToolSpec } from '../model/model-client.ts'
import { maxInputTokens } from '../model/tokens.ts'
import { builtinTools, readEarlierTool } from './builtin-tools.ts'
import { bytesOf, type Context, compact, withSummary } from './compact.ts'
import type { Window } from './state.ts'

/** How much of a known window a compacted prompt takes, so that the next turns fit as well. */
const FILLED = 0.6
const LEAST_BYTES = 1_000

export class PromptInWindow {
  context: Context
  window: Window | null
  /** The tools that the model has chosen. */
  tools: ToolSpec[]
  /** Said in the timeline when the prompt was compacted. */
  notice: NewStep | undefined
  readonly #system: Message

  constructor(system: Message, context: Context, tools: ToolSpec[], window: Window | null) {
    this.#system = system
    this.context = context
    this.tools = tools
    this.window = window
  }

  /** `from`: provider and model that are asked first. */
  question(from: string): ModelQuestion {
    if (this.window?.from === from && this.#bytes() > this.window.bytes) this.#compactTo(this.window.bytes * FILLED)
    return this.#question()
  }

  #question(): ModelQuestion {
    const messages = [this.#system, ...withSummary(this.context)]
    return { messages, tools: this.#allTools(), shorter: (refusal) => this.#shorter(refusal) }
  }

  #shorter({ from, fraction }: TooLong): ModelQuestion | undefined {
    const bytes = Math.floor(this.#bytes() * fraction)
    this.window = { from, bytes }
    return this.#compactTo(bytes) ? this.#question() : undefined
  }

  #compactTo(bytes: number): boolean {
    if (!this.tools.includes(readEarlierTool)) {
      this.tools = [
        ...this.tools.filter(({ function: { name } }) => name !== readEarlierTool.function.name),
        readEarlierTool,
      ]
    }
    const fixed = this.#bytes() - bytesOf(this.context)
    const shorter = compact(this.context, Math.max(bytes - fixed, LEAST_BYTES))
    if (!shorter) return false
    const cut = this.context.messages.length - shorter.messages.length
    this.context = shorter
    this.notice = { kind: 'notice', data: { code: 'context_compacted', message: noticeText(cut) } }
    return true
  }

  #allTools = () => [...builtinTools, ...this.tools]

  #bytes(): number {
    return maxInputTokens({ messages: [this.#system, ...withSummary(this.context)], tools: this.#allTools() })
  }
}

function noticeText(cut: number): string {
  const what =
    cut === 0
      ? 'long results were shortened'
      : `${cut} earlier ${cut === 1 ? 'message was' : 'messages were'} summarised`
  return `The conversation no longer fits what the model can take in at once, so ${what}. The persona can still read all of it word for word.`
}
