/** Files that are the source of the work: attached, or named ("from sales.csv"). They are read before anything is made. */
import { outputsOf } from '../documents/outputs.ts'
import type { Goal } from '../goal.ts'
import { isTextFile, type Request } from '../request.ts'
import { answered } from '../talk.ts'
import { filesNamedIn } from './files.ts'

const uses =
  /(?<![\p{L}])(?:summari[sz]e|sum up|compare|analy[sz]e|turn|convert|chart|plot|zusammen\p{L}*|fasse|vergleich\p{L}*|analysier\p{L}*|résum\p{L}*|compar\p{L}*|analys\p{L}*|resum\p{L}*|analiz\p{L}*|growth|best|worst|share|which|invoice|rechnung|facture|factura)(?![\p{L}])/iu

/** Reads what has not been read. Null when there is nothing to read. */
export function sourceIntent(request: Request): Goal | null {
  const read = answered(request.talk, 'read_file').map((call) => call.arguments.path)
  const unread = sourceFiles(request).filter((path) => !read.includes(path))
  if (unread.length === 0) return null
  const { say } = request
  const steps = unread.map((path) => ({
    tool: 'read_file',
    query: 'read text file',
    title: say({ en: `Read ${path}`, de: `${path} lesen`, fr: `Lire ${path}`, es: `Leer ${path}` }),
    arguments: { path },
  }))
  return { kind: 'do', steps, remark: '' }
}

function sourceFiles({ task, instruction, talk }: Request): string[] {
  const { attachments } = talk
  const isWork = uses.test(instruction) || outputsOf(instruction).length > 0
  const taken =
    '(?:from|of|in|with|using|on|summari[sz]e|compare|analy[sz]e|turn|convert|aus|von|mit|de|du|avec|desde|con|résume|resume|vergleiche|compara)\\s+(?:the\\s+|le\\s+|el\\s+)?(?:file\\s+|datei\\s+|fichier\\s+|archivo\\s+)?["“„«]?\\s?'
  const named = filesNamedIn(task).filter((path) => new RegExp(taken + path.replaceAll('.', '\\.'), 'i').test(task))
  const isAttached = (path: string) => attachments.some((attachment) => attachment.endsWith(`/${path}`))
  const others = isWork ? named.filter((path) => !isAttached(path)) : []
  return [...attachments.filter(isTextFile), ...others]
}

/** The work is about files, and it can read none of them: it says so, and names them. */
export function unreadIntent({ talk, unread, material, task, cannotRead }: Request): Goal | null {
  const hasOwnContent = /\d|:\s/.test(task) || task.includes('\n')
  const isAboutFiles = unread.length > 0 && unread.length === talk.attachments.length
  if (!isAboutFiles || material.length > 0 || (hasOwnContent && !aboutFile.test(task))) return null
  return { kind: 'limit', message: cannotRead(unread) }
}

const aboutFile =
  /(?<![\p{L}])(?:attach\p{L}*|the file|this file|these files|this (?:pdf|document|picture|image|photo|scan|spreadsheet|deck)|anhang|angehängt\p{L}*|die datei|beigefügt\p{L}*|pièces? jointes?|ci-joint\p{L}*|le fichier|ce fichier|adjunt\p{L}*|el archivo|este archivo)(?![\p{L}])/iu
