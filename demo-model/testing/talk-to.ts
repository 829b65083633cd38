/** For tests: runs the demo model over the real protocol, and plays the executor's side as the graph would. */
import OpenAI from 'openai'
import { DemoModelLimit } from '../../contracts/demo-model-limit.ts'
import { loadTool, manifests } from '../../tools/registry.ts'

export interface ToolAnswer {
  output?: unknown
  error?: { code: string; message: string }
}

export interface Played {
  /** Calls of registry tools and of `ask_human`, in order; arguments checked against the tools' own schemas. */
  calls: { name: string; arguments: Record<string, unknown> }[]
  plans: { title: string; status: string }[][]
  searches: string[]
  /** Empty if the run ended at a limit. */
  answer: string
  /** What it could not do. */
  limit?: DemoModelLimit
}

export interface Surroundings {
  /** Answers to `ask_human`, in order. */
  answers?: string[]
  /** What a registry tool returns; by default, a plain success. */
  onCall?(name: string, input: Record<string, unknown>): ToolAnswer | Promise<ToolAnswer>
  /** Names that the registry has; all built-in tools by default. */
  registry?: string[]
  attachments?: string
}

const MAX_TURNS = 15
const builtIn = ['tool_search', 'tool_describe', 'update_plan', 'ask_human']

/** Runs until the final answer. Throws when arguments do not fit their schema, or the run does not end. */
export async function talkTo(url: string, sentence: string, surroundings: Surroundings = {}): Promise<Played> {
  const openai = new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 0 })
  const known = (await manifests()).filter((tool) => surroundings.registry?.includes(tool.name) ?? true)
  const answers = [...(surroundings.answers ?? [])]
  const played: Played = { calls: [], plans: [], searches: [], answer: '' }
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: 'system', content: 'You are Test, a persona that does office work.' },
    { role: 'user', content: sentence + (surroundings.attachments ?? '') },
  ]
  const offered = new Set(builtIn)

  const answerCall = async (name: string, input: Record<string, unknown>): Promise<unknown> => {
    if (name === 'tool_search') {
      played.searches.push(String(input.query))
      return { tools: known.map((tool) => ({ name: tool.name, description: tool.description, score: 1 })) }
    }
    if (name === 'tool_describe') {
      const names = (input.names as string[]).filter((wanted) => known.some((tool) => tool.name === wanted))
      for (const chosen of names) offered.add(chosen)
      return { tools: names }
    }
    if (name === 'update_plan') {
      played.plans.push(input.items as Played['plans'][number])
      return { ok: true }
    }
    played.calls.push({ name, arguments: input })
    if (name === 'ask_human') return { answer: answers.shift() ?? 'none' }
    if (!offered.has(name)) throw new Error(`${name} was called, but not offered`)
    ;(await loadTool(name)).input.parse(input)
    const { output, error } = (await surroundings.onCall?.(name, input)) ?? { output: { path: `made-by-${name}` } }
    return error ? { error } : output
  }

  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const tools = [...offered].map((name) => ({ type: 'function' as const, function: { name } }))
    const completion = await openai.chat.completions.create({ model: 'demo', messages, tools }).catch(limitIn)
    if ('code' in completion) return { ...played, limit: completion }
    const message = completion.choices[0]!.message
    messages.push(message)
    if (!message.tool_calls) return { ...played, answer: message.content ?? '' }
    for (const call of message.tool_calls) {
      if (call.type !== 'function') throw new Error(`unexpected ${call.type}`)
      const content = JSON.stringify(await answerCall(call.function.name, JSON.parse(call.function.arguments)))
      messages.push({ role: 'tool', tool_call_id: call.id, content })
    }
  }
  throw new Error(`"${sentence}" did not come to an end`)
}

/** Throws every other error. */
function limitIn(error: unknown): DemoModelLimit {
  if (error instanceof OpenAI.APIError && error.status === 422) return DemoModelLimit.parse(error.error)
  throw error
}
