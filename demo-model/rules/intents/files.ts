/** Rules for plain files: list, read, write. */
import { outputsOf } from '../documents/outputs.ts'
import type { Goal } from '../goal.ts'
import type { Say } from '../language/language.ts'
import type { Request } from '../request.ts'

const FILE_NAME =
  /(?<![\w/])((?:[\w.-]+\/)*[\w-][\w.-]*\.(?:txt|md|csv|tsv|json|html?|xml|yaml|yml|log|js|ts|py|eml))(?![\w])/i
const listing =
  /\b(?:list|show|display|what|which|see|zeige?|liste|welche|montre|affiche|quels|muestra|lista|qué)\b[^.:\d]{0,30}\b(?:files?|folders?|workspace|documents? (?:do i|i) have|dateien|ordner|arbeitsbereich|fichiers|dossiers?|archivos|carpetas?)\b[^.:,]{0,25}$|^(?:ls|dir)$/i
const writing =
  /\b(?:write|save|create|make|add|append|put|note down|store|schreibe?|speichere?|erstelle?|lege|notiere?|ergänze?|écris|enregistre|ajoute|note|escribe|guarda|añade|anota)\b/i
const summarising = /(?<![\p{L}])(?:summari[sz]|compare|analy[sz]e|fass|zusammen|vergleich|résum|compar|resum|analiz)/iu
const reading =
  /\b(?:read|open|show|cat|print|display|what(?:'s| is| does)|content|summari[sz]e|lies|öffne|zeige?|was steht|inhalt|lis|ouvre|montre|que contient|lee|abre|muestra|qué dice)\b/i

/** Text files that are named in the words, each once. */
export function filesNamedIn(text: string): string[] {
  return [...new Set([...text.matchAll(new RegExp(FILE_NAME.source, 'gi'))].map((match) => match[1]!))]
}

export function fileIntent({ task: text, instruction, talk, say }: Request): Goal | null {
  const { answers } = talk
  const hasFile = filesNamedIn(text).length > 0
  // a document made from a file is not a text file, and what was read is material
  if (
    outputsOf(instruction).length > 0 &&
    (!hasFile || !writing.test(text) || talk.calls.some((call) => call.name === 'read_file'))
  )
    return null
  if (summarising.test(instruction)) return null
  const [path] = filesNamedIn(text)
  if (
    path &&
    writing.test(text) &&
    !/^(?:please\s+|bitte\s+)?(?:read|open|show|lies|zeige?|lis|ouvre|lee|abre)\b/i.test(text)
  )
    return writeGoal(text, path, answers, say)
  if (path && reading.test(text)) {
    const title = say({ en: `Read ${path}`, de: `${path} lesen`, fr: `Lire ${path}`, es: `Leer ${path}` })
    return { kind: 'do', remark: '', steps: [{ tool: 'read_file', query: 'read file', title, arguments: { path } }] }
  }
  if (listing.test(text)) {
    const title = say({
      en: 'List the files',
      de: 'Dateien auflisten',
      fr: 'Lister les fichiers',
      es: 'Listar los archivos',
    })
    return {
      kind: 'do',
      remark: '',
      steps: [{ tool: 'list_files', query: 'list files workspace', title, arguments: { recursive: true } }],
    }
  }
  const note =
    /\b(?:write|take|make|save|leave|schreibe?|mache?|écris|escribe)\s+(?:me\s+|mir\s+)?(?:a\s+|eine\s+|une\s+|una\s+)?(?:short\s+|kurze\s+)?(?:note|notiz|text file|textdatei|nota)\b/i
  return note.test(text) ? writeGoal(text, 'note.txt', answers, say) : null
}

function writeGoal(text: string, path: string, answers: string[], say: Say): Goal {
  const content = contentIn(text, path) ?? answers.at(-1)
  if (!content) {
    return {
      kind: 'ask',
      question: say({
        en: `What should ${path} say?`,
        de: `Was soll in ${path} stehen?`,
        fr: `Que doit contenir ${path} ?`,
        es: `¿Qué debe decir ${path}?`,
      }),
    }
  }
  const mode = /\b(?:append|add|ergänze?|füge|ajoute|añade)\b/i.test(text)
    ? 'append'
    : /\b(?:overwrite|replace|überschreibe?|remplace|reemplaza)\b/i.test(text)
      ? 'overwrite'
      : 'create'
  const other = path.replace(/(\.[^.]+)$/, '-2$1')
  return {
    kind: 'do',
    remark: '',
    steps: [
      {
        tool: 'write_file',
        query: 'write text file',
        title: say({ en: `Write ${path}`, de: `${path} schreiben`, fr: `Écrire ${path}`, es: `Escribir ${path}` }),
        arguments: { path, content: `${content}\n`, mode },
        corrected: { path: other, content: `${content}\n`, mode: 'create' },
      },
    ],
  }
}

/** Quoted text, the text after "saying" or a colon, or the text to be saved "to" the file. */
function contentIn(text: string, path: string): string | null {
  const rest = text.replace(path, ' ')
  const quoted = /["“„«]([^"”“»]+)["”“»]|(?:^|\s)'([^']+)'(?=\s|[.,!?]|$)/.exec(rest)
  if (quoted) return (quoted[1] ?? quoted[2])!.trim()
  const said =
    /(?:saying|says|that says|reading|containing|contains|with the (?:text|content|words|line|lines)|with content|with|mit dem (?:text|inhalt)|mit|in der steht|dass?|avec le texte|con el texto)\s*:?\s+([\s\S]+)$|:\s*([\s\S]+)$/i.exec(
      rest,
    )
  if (said) return (said[1] ?? said[2])!.trim() || null
  const saved =
    /\b(?:save|write|put|add|append|schreibe?|speichere?|écris|enregistre|escribe|guarda)\s+(.+?)\s+(?:to|into|in|nach|an|dans|en)\s*(?:the file|die datei|le fichier|el archivo|a file (?:called|named))?\s*$/i.exec(
      rest.trim().replace(/[.!]$/, ''),
    )
  const content = saved?.[1]?.trim()
  return content &&
    !/^(?:a|an|the|eine|die)?\s*(?:new\s+)?(?:file|note|text|datei|notiz)(?:\s+(?:called|named))?$/i.test(content)
    ? content
    : null
}
