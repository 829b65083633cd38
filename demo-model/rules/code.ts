/** Rules for code and sums: both are run in the sandbox, never guessed. */
import type { Goal, Say } from './goal.ts'

const fenced = /```(\w*)[ \t]*\n?([\s\S]*?)```/
const asked =
  /\b(?:run|execute|evaluate|try|führe?|starte)\b[^:\n]{0,40}?\b(python|node(?:\.?js)?|javascript|js|code|script|skript)\b[^:\n]{0,20}(?::|\n|\baus:?)\s*([\s\S]+)$/i
const bare =
  /\b(?:run|execute|evaluate|führe?)\s*(?:this|the following|aus)?\s*:?\s*((?:print\(|console\.log\(|import |from |def |const |let )[\s\S]+)$/i

/** Null when the words ask neither for code nor for a sum. */
export function codeGoal(text: string, say: Say): Goal | null {
  const block = fenced.exec(text)
  const inline = asked.exec(text)
  const plain = bare.exec(text)
  const code = (block?.[2] ?? inline?.[2] ?? plain?.[1])?.trim().replace(/^`|`$/g, '')
  if (code && (inline || plain || /\b(?:run|execute|evaluate|output|result|führe?)\b/i.test(text))) {
    return runGoal(code, languageOf(block?.[1] || inline?.[1] || '', code), say('Run the code', 'Code ausführen'))
  }
  const sum = sumIn(text)
  return sum ? runGoal(`print(${sum})`, 'python', say(`Calculate ${sum}`, `${sum} ausrechnen`)) : null
}

function runGoal(code: string, language: string, title: string): Goal {
  return {
    kind: 'do',
    remark: '',
    steps: [{ tool: 'run_code', query: 'run code python', title, arguments: { language, code } }],
  }
}

function languageOf(named: string, code: string): 'python' | 'javascript' {
  if (/^(?:node|js|javascript|ts)/i.test(named)) return 'javascript'
  if (/^py/i.test(named)) return 'python'
  return /\bconsole\.|\b(?:const|let|require|=>)\b/.test(code) ? 'javascript' : 'python'
}

/** A sum in Python's words, or null: "12 * 7", "17% of 340", "the square root of 144", "the average of 3, 4 and 5". */
function sumIn(text: string): string | null {
  const plain = text.toLowerCase().replace(/(?<=\d),(?=\d{3}(?!\d))/g, '')
  const part = /(-?\d+(?:\.\d+)?)\s*(?:%|percent|per cent|prozent)\s*(?:of|von)\s*(-?\d+(?:\.\d+)?)/.exec(plain)
  if (part) return `${part[2]} * ${part[1]} / 100`
  const root = /(?:square root of|wurzel (?:aus|von))\s*(\d+(?:\.\d+)?)/.exec(plain)
  if (root) return `${root[1]} ** 0.5`
  const list =
    /\b(sum|total|average|mean|maximum|minimum|summe|durchschnitt|mittelwert)\s*(?:of|von|aus)?\s*:?\s*((?:-?\d+(?:\.\d+)?(?:\s*(?:,|and|und)\s*)*){2,})/.exec(
      plain,
    )
  if (list) return ofList(list[1]!, list[2]!.match(/-?\d+(?:\.\d+)?/g) ?? [])
  const words = plain
    .replace(/(?<=\d)\s*(?:x|×|times|multiplied by|mal)\s*(?=[\d(-])/g, ' * ')
    .replace(/(?<=[\d)])\s*(?:÷|divided by|over|geteilt durch)\s*(?=[\d(-])/g, ' / ')
    .replace(/(?<=\d)\s*plus\s*(?=[\d(-])/g, ' + ')
    .replace(/(?<=\d)\s*(?:minus|−)\s*(?=[\d(-])/g, ' - ')
    .replace(/(?<=\d)\s*(?:\^|to the power of|hoch)\s*(?=[\d(-])/g, ' ** ')
  const sum = /(?<![\w.])[(-]*\d+(?:\.\d+)?\)*(?:\s*(?:\*\*|[-+*/%])\s*\(*-?\d+(?:\.\d+)?\)*)+(?![\w])/
    .exec(words)?.[0]
    .trim()
  const isQuestion = /what|how much|calculate|compute|=|\?|was (?:ist|sind|ergibt)|wie ?viel|rechne|berechne/.test(
    plain,
  )
  if (!sum || /^\d{4}-\d\d/.test(sum)) return null
  return isQuestion || sum.length >= plain.trim().length - 3 ? sum : null
}

function ofList(kind: string, numbers: string[]): string {
  const list = `[${numbers.join(', ')}]`
  if (/^(?:average|mean|durch|mittel)/.test(kind)) return `sum(${list}) / len(${list})`
  if (kind === 'maximum' || kind === 'minimum') return `${kind.slice(0, 3)}(${list})`
  return `sum(${list})`
}
