/** The person's request, as the intents read it: the words, what they ask for, and the files that came with them. */
import { type Language, languageOf, type Say, sayer } from './language/language.ts'
import { answered, type Talk } from './talk.ts'

export interface Request {
  talk: Talk
  /** All the words of the task. */
  task: string
  /** The words that ask: without the text, table or list that they are about. */
  instruction: string
  language: Language
  say: Say
  /** The contents of the text files that have been read. */
  material: string[]
  /** Names of attachments that it cannot read. */
  unread: string[]
  /** "I cannot read a.pdf …", in one sentence. */
  cannotRead(names: string[]): string
}

const TEXT_FILE = /\.(?:txt|md|csv|tsv|json|html?|xml|ya?ml|log|js|ts|py|eml)$/i
export const isTextFile = (path: string) => TEXT_FILE.test(path)
export const baseName = (path: string) => path.split('/').at(-1)!

export function requestOf(talk: Talk): Request {
  const language = languageOf(instructionOf(talk.task), talk.task.slice(0, 1000), talk.answers.join('\n'))
  const say = sayer(language)
  const material = answered(talk, 'read_file').flatMap(({ outcome }) => {
    const content = outcome.ok ? ((outcome.data as { content?: unknown } | null)?.content ?? outcome.data) : null
    return typeof content === 'string' ? [content] : []
  })
  return {
    talk,
    task: talk.task,
    instruction: instructionOf(talk.task),
    language,
    say,
    material,
    unread: talk.attachments.filter((path) => !isTextFile(path)).map(baseName),
    cannotRead: (names) => cannotRead(names.join(', '), say),
  }
}

const cannotRead = (names: string, say: Say) =>
  say({
    en: `I cannot read ${names}: the demo model reads only text and CSV files.`,
    de: `Ich kann ${names} nicht lesen: Das Demo-Modell liest nur Text- und CSV-Dateien.`,
    fr: `Je ne peux pas lire ${names} : le modèle de démonstration ne lit que des fichiers texte et CSV.`,
    es: `No puedo leer ${names}: el modelo de demostración solo lee archivos de texto y CSV.`,
  })

const MAX_TAIL = 80
const MAX_LAST = 200

/**
 * Up to the first colon that begins the material; what follows the last number ("… 95 in an excel file"); and the last
 * paragraph, where people ask after what they pasted.
 */
export function instructionOf(task: string): string {
  const paragraphs = task.split(/\n\s*\n/).filter((paragraph) => paragraph.trim())
  const first = withoutMaterial(paragraphs[0] ?? '')
  const tail = /(?<=\d[^\s,]*(?:\s[%€$£])?[.,;]?\s)(?:-\s)?([^\d\n]+)$/u.exec(task.trim())?.[1] ?? ''
  const last = paragraphs.length > 1 ? paragraphs.at(-1)!.trim() : ''
  const more = [
    ...(tail.length <= MAX_TAIL && !/[.!?]\s/.test(tail) && !first.includes(tail) ? [tail] : []),
    ...(last.length <= MAX_LAST && !last.includes('\n') ? [withoutMaterial(last)] : []),
  ]
  return [first, ...more].join('\n').trim()
}

const withoutMaterial = (text: string) =>
  text
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .replace(/(?<!\d)\s?:(?=\s|$)[\s\S]*$/u, '')
    .replace(/["“„«][^"”“»]{20,}["”“»]/gu, ' ')
    .trim()

/** What the instruction is about: behind the first colon, or all paragraphs but the asking one. */
export function materialIn(task: string): string {
  const behind = /(?<!\d)\s?:(?=\s)\s*([\s\S]+)$/u.exec(task)?.[1]
  if (behind && behind.trim().length > 0) return behind.trim().replace(/^["“„«]|["”“»]$/gu, '')
  const paragraphs = task.split(/\n\s*\n|\n(?=[^\n]{80,})/).filter((paragraph) => paragraph.trim())
  return paragraphs.slice(1).join('\n\n').trim()
}
