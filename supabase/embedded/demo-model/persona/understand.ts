/** From the words to a goal: which of the rules applies, in this order. */
import { abilities, chatAnswer } from './chat.ts'
import { codeGoal } from './code.ts'
import { documentGoal } from './documents.ts'
import { fileGoal, filesNamedIn } from './files.ts'
import { type Goal, sayer } from './goal.ts'
import { languageOf } from './language.ts'
import { outputsOf } from './outputs.ts'
import { answered, type Talk } from './talk.ts'

export function understand(talk: Talk): Goal {
  const { task, answers } = talk
  const language = languageOf([task, ...answers].join('\n'))
  const say = sayer(language)
  const chat = chatAnswer(task, say)
  if (chat) return { kind: 'say', text: chat }
  const wantsDocument = outputsOf(task).length > 0
  if (!wantsDocument || filesNamedIn(task).length > 0) {
    const file = wantsDocument && sourceFiles(talk).length > 0 ? null : fileGoal(task, answers, say)
    if (file) return file
  }
  const code = codeGoal(task, say)
  if (code) return code
  if (wantsDocument) return withSources(talk) ?? documentGoal(talk, language)
  const isVague =
    /^(?:please |can you |could you |bitte )*(?:make|create|write|do|build|prepare|mach|erstelle|schreibe?)\b(?:\s+(?:me|something|it|that|work|etwas|was|mir|stuff)){0,3}[.!?]*$/i.test(
      task,
    )
  if (isVague && answers.length === 0) {
    const options = [say('Slides', 'Folien'), say('A spreadsheet', 'Eine Tabelle'), say('A PDF', 'Ein PDF')]
    return {
      kind: 'ask',
      question: say('What shall I make, and about what?', 'Was soll ich machen, und worüber?'),
      options,
    }
  }
  if (answers.length > 0 && outputsOf(answers.join('\n')).length > 0) return documentGoal(talk, language)
  return isVague ? { kind: 'say', text: abilities(say) } : { kind: 'unknown', query: task }
}

/** "Make a deck from sales.csv": the files are read first. Null when there are none, or all have been read. */
function withSources(talk: Talk): Goal | null {
  const read = answered(talk, 'read_file').map((call) => call.arguments.path)
  const unread = sourceFiles(talk).filter((path) => !read.includes(path))
  const say = sayer(languageOf(talk.task))
  if (unread.length === 0) return null
  const steps = unread.map((path) => ({
    tool: 'read_file',
    query: 'read text file',
    title: say(`Read ${path}`, `${path} lesen`),
    arguments: { path },
  }))
  return { kind: 'do', steps, remark: '' }
}

/** Text files that the work is to be made from: "from sales.csv", "summarise notes.md", and whatever is attached. */
function sourceFiles({ task, attachments }: Talk): string[] {
  const taken =
    '(?:from|of|in|with|using|on|summari[sz]e|turn|convert|aus|von|mit)\\s+(?:the\\s+)?(?:file\\s+|datei\\s+)?["“„]?'
  const named = filesNamedIn(task).filter((path) => new RegExp(taken + path.replaceAll('.', '\\.'), 'i').test(task))
  const isAttached = (path: string) => attachments.some((attachment) => attachment.endsWith(`/${path}`))
  return [...attachments.filter((path) => filesNamedIn(path).length > 0), ...named.filter((path) => !isAttached(path))]
}
