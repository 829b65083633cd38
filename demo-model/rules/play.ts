/**
 * The demo model plays an office worker by plain rules. It is a pure function of the request, so it can continue from any
 * point of a conversation: it reads the talk, finds the goal and takes the next step.
 */
import { type ChatRequest, limitError, type Reply } from '../protocol.ts'
import { failureTexts, isRefusal, resultText } from './answer.ts'
import type { Goal } from './goal.ts'
import { demoNotice, workingExamples } from './intents/chat.ts'
import type { Say } from './language/language.ts'
import { type Request, requestOf } from './request.ts'
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
  const asked = requestOf(talk)
  const turn = nextTurn(understand(asked), asked, new Set(tools))
  if (turn.calls.length === 0) return { text: `${turn.text}\n\n${demoNotice(asked.say)}`, toolCalls: [] }
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

function nextTurn(goal: Goal, request: Request, offered: Set<string>): Turn {
  switch (goal.kind) {
    case 'say':
      return { text: goal.text, calls: [] }
    case 'ask':
      return ask(goal, request, offered)
    case 'limit':
      throw limitError(goal.message, workingExamples(request.say))
    case 'do':
      return work(goal, request, offered)
  }
}

/** Without `ask_human` the question becomes the answer. Without an answer it cannot go on. */
function ask(goal: Goal & { kind: 'ask' }, { talk, say }: Request, offered: Set<string>): Turn {
  if (answered(talk, 'ask_human').some((call) => !call.outcome.ok)) {
    throw limitError(`${say(noAnswer)} ${goal.question}`, workingExamples(say))
  }
  if (!offered.has('ask_human')) return { text: goal.question, calls: [] }
  const options = goal.options ? { options: goal.options } : {}
  return { text: '', calls: [{ name: 'ask_human', arguments: { question: goal.question, ...options } }] }
}

const noAnswer = {
  en: 'I cannot go on without an answer to this:',
  de: 'Ohne Antwort auf diese Frage kann ich nicht weitermachen:',
  fr: 'Je ne peux pas continuer sans réponse à ceci :',
  es: 'No puedo seguir sin respuesta a esto:',
}

function work(goal: Goal & { kind: 'do' }, { talk, say }: Request, offered: Set<string>): Turn {
  const progress = progressOf(goal.steps, talk, offered)
  const turn = nextCalls(progress, talk, say)
  const plan = goal.steps.some((step) => step.tool.startsWith('generate_'))
    ? planCall(progress, turn.calls.length === 0, talk, offered, say)
    : []
  if (turn.calls.length > 0 || plan.length > 0) return { text: turn.text, calls: [...plan, ...turn.calls] }
  if (isNotDone(progress)) {
    const reason = goal.without && progress.every(({ state }) => state === 'unavailable') ? goal.without : undefined
    throw limitError(reason ?? failureTexts(progress, say).join(' '), workingExamples(say))
  }
  return { text: resultText(progress, goal.remark, say), calls: [] }
}

/** Nothing came of it, and not because a person said no. */
const isNotDone = (progress: Progress[]) =>
  progress.every(({ state, outcome }) => state !== 'done' && !isRefusal(outcome))

function nextCalls(progress: Progress[], talk: Talk, say: Say): Turn {
  const inState = (state: Progress['state']) => progress.filter((item) => item.state === state)
  const searches = inState('search')
  if (searches.length > 0) {
    const queries = [...new Set(searches.map((item) => item.step.query))]
    return { text: say(looking), calls: queries.map((query) => ({ name: 'tool_search', arguments: { query } })) }
  }
  const names = [...new Set(inState('describe').map((item) => item.step.tool))]
  if (names.length > 0) return { text: '', calls: [{ name: 'tool_describe', arguments: { names } }] }
  const calls = inState('call').map((item) => ({ name: item.step.tool, arguments: item.next }))
  const again = calls.some((call) => answered(talk, call.name).some((past) => !past.outcome.ok))
  return { text: again ? say(tryingAgain) : '', calls }
}

const looking = {
  en: 'I look for the tools that I need.',
  de: 'Ich suche die Werkzeuge, die ich brauche.',
  fr: 'Je cherche les outils qu’il me faut.',
  es: 'Busco las herramientas que necesito.',
}
const tryingAgain = {
  en: 'That did not work; I try once more, more simply.',
  de: 'Das ging nicht; ich versuche es noch einmal, einfacher.',
  fr: 'Cela n’a pas marché ; j’essaie encore une fois, plus simplement.',
  es: 'Eso no funcionó; lo intento otra vez, de forma más sencilla.',
}

/** Updates the plan that people see; makes no call if nothing has changed. */
function planCall(progress: Progress[], finished: boolean, talk: Talk, offered: Set<string>, say: Say): Call[] {
  if (!offered.has('update_plan')) return []
  const looking = progress.some((item) => item.state === 'search' || item.state === 'describe')
  const items = [
    {
      title: say({
        en: 'Find the tools',
        de: 'Werkzeuge finden',
        fr: 'Trouver les outils',
        es: 'Encontrar las herramientas',
      }),
      status: looking ? 'active' : 'done',
    },
    ...progress.map((item) => ({
      title: item.step.title,
      status: item.state === 'done' ? 'done' : item.state === 'call' && !looking ? 'active' : 'pending',
    })),
    {
      title: say({ en: 'Report', de: 'Berichten', fr: 'Rendre compte', es: 'Informar' }),
      status: finished ? 'done' : 'pending',
    },
  ]
  const last = talk.calls.findLast((call) => call.name === 'update_plan')
  return JSON.stringify(last?.arguments.items) === JSON.stringify(items)
    ? []
    : [{ name: 'update_plan', arguments: { items } }]
}
