/** The nodes of the graph: think -> (lookup | act | finish). Each segment makes one model call. */
import type { z } from 'zod'
import { RunFailure } from '../../failures.ts'
import type { ClaimedRun, OfferedTool } from '../../platform/types.ts'
import type { Message, ToolSpec } from '../model/model-client.ts'
import { partsMessage } from '../model/see-images.ts'
import {
  AskHumanInput,
  builtinTools,
  type InlineTool,
  isInlineTool,
  ReadEarlierInput,
  ToolDescribeInput,
  ToolSearchInput,
  UpdatePlanInput,
} from './builtin-tools.ts'
import { systemMessage, userMessage } from './prompt.ts'
import { PromptInWindow } from './prompt-in-window.ts'
import { readAnswer } from './read-answer.ts'
import type { News, SegmentContext } from './segment-context.ts'
import { isOver, type ModelCall, type RunState, type RunUpdate } from './state.ts'
import { holdsCall } from './text-calls.ts'
import { errorContent, resultMessage, toolMessage } from './tool-message.ts'

/** The run fails after this many answers in a row with unreadable calls. */
const MAX_MALFORMED = 3

export type Node = (state: RunState, context: SegmentContext) => Promise<RunUpdate>

export const think: Node = async (state, { run, news, callModel, record }) => {
  const begun = recall(state, run, news)
  const context = { summary: state.summary, messages: [...state.messages, ...begun.messages] }
  const prompt = new PromptInWindow(systemMessage(run), context, state.tools, state.window)
  const answer = await callModel(prompt.question(firstModel(run)), (step) => record.steps.push(step))
  if (prompt.notice) record.steps.push(prompt.notice)
  const read = readAnswer(answer, run.segment)
  const { message, isMalformed } = read
  const calls = read.calls.map(checkedQuestion)
  record.answer = answer
  if (calls.length === 0 && holdsCall(answer.text, toolNames(prompt.tools))) {
    throw new RunFailure('model_calls_as_text', CALLS_AS_TEXT)
  }
  record.toolCalls = calls.map(({ call_id, tool }) => ({ call_id, tool }))
  const malformed = isMalformed ? state.malformed + 1 : 0
  if (malformed >= MAX_MALFORMED) {
    throw new RunFailure('model_malformed_calls', 'The model repeatedly made tool calls that could not be read.')
  }
  const { summary, messages } = prompt.context
  return {
    ...begun,
    messages: prompt.notice ? { all: [...messages, message] } : [...begun.messages, message],
    ...(prompt.notice && { summary, tools: prompt.tools, window: prompt.window }),
    calls,
    malformed,
  }
}

/** Provider and model of the call, as `AnsweredCall.from` names them, if no fallback is needed. */
const firstModel = ({ models: [first] }: ClaimedRun) => (first ? `${first.provider}/${first.model}` : '')

const toolNames = (chosen: ToolSpec[]) => [...builtinTools, ...chosen].map((tool) => tool.function.name)

const CALLS_AS_TEXT =
  'The model wrote a tool call as plain text, so nothing was done. Its server has no tool parser for this model. Turn on tool calling on that server, or choose another model.'

/** Returns questions that no person could answer to the model. */
function checkedQuestion(call: ModelCall): ModelCall {
  if (call.tool !== 'ask_human' || call.problem) return call
  const { error } = AskHumanInput.safeParse(call.arguments)
  return error ? { ...call, problem: problemsOf(error) } : call
}

/** What people said since the last answer. `act` has added it already if the graph stopped before that. */
function recall(state: RunState, run: ClaimedRun, news: News): RunUpdate & { messages: Message[] } {
  if (state.messages.length === 0) return { messages: news.messages.map(userMessage), plan: run.plan }
  return { messages: isOver(state) ? news.messages.map(userMessage) : [] }
}

export function afterThink(state: RunState): 'lookup' | 'act' | 'finish' {
  if (state.calls.length === 0) return 'finish'
  return state.calls.some(isAnsweredHere) ? 'lookup' : 'act'
}

const isAnsweredHere = (call: ModelCall) => Boolean(call.problem) || isInlineTool(call.tool)

/** Answers the calls that need no worker, and leaves the others open. */
export const lookup: Node = async (state, context) => {
  const update: RunUpdate & { messages: RunState['messages'] } = { messages: [] }
  let tools = state.tools
  for (const call of state.calls.filter(isAnsweredHere)) {
    const answer = await answerCall(call, context)
    update.messages.push(toolMessage(call.call_id, answer.content))
    if (answer.tools) tools = withTools(tools, answer.tools)
    if (answer.plan) update.plan = answer.plan
  }
  return { ...update, tools, calls: state.calls.filter((call) => !isAnsweredHere(call)) }
}

interface Answer {
  content: unknown
  tools?: OfferedTool[]
  plan?: RunState['plan']
}

async function answerCall(call: ModelCall, context: SegmentContext): Promise<Answer> {
  if (call.problem) return { content: errorContent('invalid_input', call.problem) }
  return answers[call.tool as InlineTool](call, context)
}

const answers: Record<InlineTool, (call: ModelCall, context: SegmentContext) => Promise<Answer>> = {
  tool_search: (call, { searchTools, record }) =>
    withInput(ToolSearchInput, call, async ({ query }) => {
      const startedAt = performance.now()
      const found = await searchTools(query)
      const names = found.map((tool) => tool.name)
      record.steps.push(lookupStep(call, names, startedAt))
      const hint = names.length > 0 ? 'Choose with tool_describe.' : 'Nothing fits. Try other words.'
      return { content: { tools: found, hint } }
    }),
  tool_describe: (call, { describeTools, record }) =>
    withInput(ToolDescribeInput, call, async ({ names }) => {
      const startedAt = performance.now()
      const tools = await describeTools(names)
      const known = tools.map((tool) => tool.name)
      record.steps.push(lookupStep(call, known, startedAt))
      const unknown = names.filter((name) => !known.includes(name))
      return {
        content: { tools: known, ...(unknown.length > 0 && { unknown }), hint: 'You can call these now.' },
        tools,
      }
    }),
  update_plan: (call, { record }) =>
    withInput(UpdatePlanInput, call, async ({ items }) => {
      record.plan = items
      return { content: { ok: true }, plan: items }
    }),
  read_earlier: (call, { readEarlier, record }) =>
    withInput(ReadEarlierInput, call, async (input) => {
      const startedAt = performance.now()
      const found = await readEarlier(input)
      const entries = 'found' in found ? found.found : 'entry' in found ? [found] : []
      record.steps.push(
        lookupStep(
          call,
          entries.map(({ entry }) => `${entry}`),
          startedAt,
        ),
      )
      return { content: found }
    }),
}

async function withInput<S extends z.ZodType>(
  schema: S,
  call: ModelCall,
  answer: (input: z.output<S>) => Promise<Answer>,
): Promise<Answer> {
  const input = schema.safeParse(call.arguments)
  if (input.success) return answer(input.data)
  return { content: errorContent('invalid_input', problemsOf(input.error)) }
}

const problemsOf = ({ issues }: z.ZodError) =>
  issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`).join('; ')

function lookupStep(call: ModelCall, found: string[], startedAt: number): SegmentContext['record']['steps'][number] {
  const data = { tool: call.tool, arguments: call.arguments, found }
  return { kind: 'lookup', data, duration_ms: Math.round(performance.now() - startedAt) }
}

/** If a tool is chosen again, its new description replaces the old one. */
function withTools(old: ToolSpec[], added: OfferedTool[]): ToolSpec[] {
  const specs = added.map(
    (tool): ToolSpec => ({
      type: 'function',
      function: { name: tool.name, description: tool.description, parameters: tool.input_schema },
    }),
  )
  const names = new Set(specs.map((spec) => spec.function.name))
  return [...old.filter((spec) => !names.has(spec.function.name)), ...specs]
}

/**
 * Adds the answers of workers and people. The graph stops before this node (graph.ts), so that the segment ends and no
 * worker waits while tools work or people think.
 */
export const act: Node = async (state, { news }) => {
  const byId = new Map(news.results.map((result) => [result.call_id, result]))
  const messages = state.calls.map((call) => {
    const result = byId.get(call.call_id)
    return result
      ? resultMessage(result)
      : toolMessage(call.call_id, errorContent('no_result', 'The call has no result.'))
  })
  // the results of calls must stand together, so the images that they show come after them
  const shown = news.results.flatMap(({ tool, parts }) => (parts?.length ? [partsMessage(tool, parts)] : []))
  return { messages: [...messages, ...shown, ...news.messages.map(userMessage)], calls: [] }
}
