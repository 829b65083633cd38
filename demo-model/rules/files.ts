/** Rules for plain files: list, read, write. */
import type { Goal, Say } from './goal.ts'

const FILE_NAME =
  /(?<![\w/])((?:[\w.-]+\/)*[\w-][\w.-]*\.(?:txt|md|csv|tsv|json|html?|xml|yaml|yml|log|js|ts|py|eml))(?![\w])/i
const listing =
  /\b(?:list|show|display|what|which|see|zeige?|liste|welche)\b[^.]{0,40}\b(?:files?|folders?|workspace|documents? (?:do i|i) have|dateien|ordner|arbeitsbereich)\b|^(?:ls|dir)$/i
const writing =
  /\b(?:write|save|create|make|add|append|put|note down|store|schreibe?|speichere?|erstelle?|lege|notiere?|ergänze?)\b/i
const reading =
  /\b(?:read|open|show|cat|print|display|what(?:'s| is| does)|content|summari[sz]e|lies|öffne|zeige?|was steht|inhalt)\b/i

/** Text files that are named in the words, each once. */
export function filesNamedIn(text: string): string[] {
  return [...new Set([...text.matchAll(new RegExp(FILE_NAME.source, 'gi'))].map((match) => match[1]!))]
}

/** Null when the words are not about plain files. */
export function fileGoal(text: string, answers: string[], say: Say): Goal | null {
  const [path] = filesNamedIn(text)
  if (path && writing.test(text) && !/^(?:please\s+)?(?:read|open|show|lies|zeige?)\b/i.test(text))
    return writeGoal(text, path, answers, say)
  if (path && reading.test(text)) {
    const title = say(`Read ${path}`, `${path} lesen`)
    return { kind: 'do', remark: '', steps: [{ tool: 'read_file', query: 'read file', title, arguments: { path } }] }
  }
  if (listing.test(text)) {
    const title = say('List the files', 'Dateien auflisten')
    return {
      kind: 'do',
      remark: '',
      steps: [{ tool: 'list_files', query: 'list files workspace', title, arguments: { recursive: true } }],
    }
  }
  const note =
    /\b(?:write|take|make|save|leave|schreibe?|mache?)\s+(?:me\s+|mir\s+)?(?:a\s+|eine\s+)?(?:short\s+|kurze\s+)?(?:note|notiz|text file|textdatei)\b/i
  return note.test(text) ? writeGoal(text, 'note.txt', answers, say) : null
}

function writeGoal(text: string, path: string, answers: string[], say: Say): Goal {
  const content = contentIn(text, path) ?? answers.at(-1)
  if (!content) {
    return { kind: 'ask', question: say(`What should ${path} say?`, `Was soll in ${path} stehen?`) }
  }
  const mode = /\b(?:append|add|ergänze?|füge)\b/i.test(text)
    ? 'append'
    : /\b(?:overwrite|replace|überschreibe?)\b/i.test(text)
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
        title: say(`Write ${path}`, `${path} schreiben`),
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
    /(?:saying|says|that says|reading|containing|contains|with the (?:text|content|words|line|lines)|with content|with|mit dem (?:text|inhalt)|mit|in der steht|dass?)\s*:?\s+([\s\S]+)$|:\s*([\s\S]+)$/i.exec(
      rest,
    )
  if (said) return (said[1] ?? said[2])!.trim() || null
  const saved =
    /\b(?:save|write|put|add|append|schreibe?|speichere?)\s+(.+?)\s+(?:to|into|in|nach|an)\s*(?:the file|die datei|a file (?:called|named))?\s*$/i.exec(
      rest.trim().replace(/[.!]$/, ''),
    )
  const content = saved?.[1]?.trim()
  return content &&
    !/^(?:a|an|the|eine|die)?\s*(?:new\s+)?(?:file|note|text|datei|notiz)(?:\s+(?:called|named))?$/i.test(content)
    ? content
    : null
}
