/**
 * The demo model plays an office worker by plain rules. It is a pure function of the request, so it can continue from any
 * point of a conversation: it reads the talk, finds the goal and takes the next step.
 */
import { type ChatRequest, limitError, type Reply } from '../protocol.ts'
import { resultText } from './answer.ts'
import { demoNotice, workingExamples } from './chat.ts'
import { type Goal, type Say, sayer } from './goal.ts'
import { languageOf } from './language.ts'
import { answered, readTalk, type Talk } from './talk.ts'
import { understand } from './understand.ts'
import { type Progress, progressOf } from './work.ts'

interface Call {
  name: string
  arguments: Record<string, unknown>
}

/** Throws an error with the code `demo_model_limit` when it cannot do what is asked. */
export function play(request: ChatRequest): Reply {
  const talk = readTalk(request.messages)
  const tools = request.tool_choice === 'none' ? [] : request.tools.map((tool) => tool.function.name)
  const say = sayer(languageOf([talk.task, ...talk.answers].join('\n')))
  const turn = nextTurn(understand(talk), talk, new Set(tools), say)
  if (turn.calls.length === 0) return { text: `${turn.text}\n\n${demoNotice(say)}`, toolCalls: [] }
  const toolCalls = turn.calls.map((call, index) => ({
    id: `call_${talk.length}_${index}`,
    name: call.name,
    arguments: JSON.stringify(call.arguments),
  }))
  return { text: turn.text, toolCalls }
}

interface Turn {
  text: string
  /** Empty if the text is the final answer. */
  calls: Call[]
}

function nextTurn(goal: Goal, talk: Talk, offered: Set<string>, say: Say): Turn {
  switch (goal.kind) {
    case 'say':
      return { text: goal.text, calls: [] }
    case 'ask':
      return ask(goal, talk, offered)
    case 'limit':
      throw limitError(goal.message, workingExamples(say))
    case 'do':
      return work(goal, talk, offered, say)
  }
}

/** If there is no `ask_human`, or the question could not be asked, the question becomes the answer. */
function ask(goal: Goal & { kind: 'ask' }, talk: Talk, offered: Set<string>): Turn {
  const refused = answered(talk, 'ask_human').some((call) => !call.outcome.ok)
  if (refused || !offered.has('ask_human')) return { text: goal.question, calls: [] }
  const options = goal.options ? { options: goal.options } : {}
  return { text: '', calls: [{ name: 'ask_human', arguments: { question: goal.question, ...options } }] }
}

function work(goal: Goal & { kind: 'do' }, talk: Talk, offered: Set<string>, say: Say): Turn {
  const progress = progressOf(goal.steps, talk, offered)
  const turn = nextCalls(progress, talk, say)
  const plan = goal.steps.some((step) => step.tool.startsWith('generate_'))
    ? planCall(progress, turn.calls.length === 0, talk, offered, say)
    : []
  if (turn.calls.length > 0 || plan.length > 0) return { text: turn.text, calls: [...plan, ...turn.calls] }
  return { text: resultText(progress, goal.remark, say), calls: [] }
}

function nextCalls(progress: Progress[], talk: Talk, say: Say): Turn {
  const inState = (state: Progress['state']) => progress.filter((item) => item.state === state)
  const searches = inState('search')
  if (searches.length > 0) {
    const text = say('I look for the tools that I need.', 'Ich suche die Werkzeuge, die ich brauche.')
    const queries = [...new Set(searches.map((item) => item.step.query))]
    return { text, calls: queries.map((query) => ({ name: 'tool_search', arguments: { query } })) }
  }
  const names = [...new Set(inState('describe').map((item) => item.step.tool))]
  if (names.length > 0) return { text: '', calls: [{ name: 'tool_describe', arguments: { names } }] }
  const calls = inState('call').map((item) => ({ name: item.step.tool, arguments: item.next }))
  const again = calls.some((call) => answered(talk, call.name).some((past) => !past.outcome.ok))
  const text = again
    ? say('That did not work; I try once more, more simply.', 'Das ging nicht; ich versuche es noch einmal, einfacher.')
    : ''
  return { text, calls }
}

/** Updates the plan that people see; makes no call if nothing has changed. */
function planCall(progress: Progress[], finished: boolean, talk: Talk, offered: Set<string>, say: Say): Call[] {
  if (!offered.has('update_plan')) return []
  const looking = progress.some((item) => item.state === 'search' || item.state === 'describe')
  const items = [
    { title: say('Find the tools', 'Werkzeuge finden'), status: looking ? 'active' : 'done' },
    ...progress.map((item) => ({
      title: item.step.title,
      status: item.state === 'done' ? 'done' : item.state === 'call' && !looking ? 'active' : 'pending',
    })),
    { title: say('Report', 'Berichten'), status: finished ? 'done' : 'pending' },
  ]
  const last = talk.calls.findLast((call) => call.name === 'update_plan')
  return JSON.stringify(last?.arguments.items) === JSON.stringify(items)
    ? []
    : [{ name: 'update_plan', arguments: { items } }]
}
