/** Finds the goal in the words: the first rule that applies, in this order. */
import { abilities, chatAnswer } from './chat.ts'
import { codeGoal } from './code.ts'
import { documentGoal } from './documents.ts'
import { fileGoal, filesNamedIn } from './files.ts'
import { type Goal, type Say, sayer } from './goal.ts'
import { languageOf } from './language.ts'
import { mailGoal } from './mail.ts'
import { outputsOf } from './outputs.ts'
import { answered, type Talk } from './talk.ts'

/** "Make something for my meeting": the person wants work, but does not say which. */
const vague =
  /^(?:(?:hi|hey|hello|hallo|please|can|could|would|you|bitte|kannst|du|i need you to)[ ,]+)*(?:make|create|write|do|build|prepare|mach|erstelle|schreibe?)(?:\s+(?:me|mir))?(?:\s+(?:something|anything|some work|stuff|etwas|was)(?![\p{L}]).*|\s*(?:it|that|work)?[.!?]*)$/iu

export function understand(talk: Talk): Goal {
  const { task, answers } = talk
  const language = languageOf([task, ...answers].join('\n'))
  const say = sayer(language)
  const chat = chatAnswer(task, say)
  if (chat) return { kind: 'say', text: chat }
  const mail = mailGoal(task, answers, say)
  if (mail) return mail
  const wantsDocument = outputsOf(task).length > 0
  if (!wantsDocument || filesNamedIn(task).length > 0) {
    const file = wantsDocument && sourceFiles(talk).length > 0 ? null : fileGoal(task, answers, say)
    if (file) return file
  }
  const code = codeGoal(task, say)
  if (code) return code
  if (wantsDocument) return withSources(talk) ?? documentGoal(talk, language)
  if (answers.length > 0 && outputsOf(answers.join('\n')).length > 0) return documentGoal(talk, language)
  if (vague.test(task) && answers.length < 2) return whatToMake(answers.length, say)
  return vague.test(task) ? { kind: 'say', text: abilities(say) } : { kind: 'limit', message: notCovered(say) }
}

function notCovered(say: Say): string {
  return say(
    'I am the scripted demo model, and my fixed rules do not cover this request.',
    'Ich bin das Demo-Modell mit festen Regeln, und keine davon passt zu dieser Bitte.',
  )
}

function whatToMake(asked: number, say: Say): Goal {
  const options = [say('Slides', 'Folien'), say('A spreadsheet', 'Eine Tabelle'), say('A PDF', 'Ein PDF')]
  const first = say('What shall I make, and about what?', 'Was soll ich machen, und worüber?')
  return {
    kind: 'ask',
    question: asked === 0 ? first : say('As slides, a spreadsheet or a PDF?', 'Als Folien, Tabelle oder PDF?'),
    options,
  }
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

/** Text files that are the source of the work: "from sales.csv", "summarise notes.md", and everything attached. */
function sourceFiles({ task, attachments }: Talk): string[] {
  const taken =
    '(?:from|of|in|with|using|on|summari[sz]e|turn|convert|aus|von|mit)\\s+(?:the\\s+)?(?:file\\s+|datei\\s+)?["“„]?'
  const named = filesNamedIn(task).filter((path) => new RegExp(taken + path.replaceAll('.', '\\.'), 'i').test(task))
  const isAttached = (path: string) => attachments.some((attachment) => attachment.endsWith(`/${path}`))
  return [...attachments.filter((path) => filesNamedIn(path).length > 0), ...named.filter((path) => !isAttached(path))]
}
