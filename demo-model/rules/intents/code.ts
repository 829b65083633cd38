/** Code that the person gives, run in the sandbox. */
import type { Goal } from '../goal.ts'
import type { Request } from '../request.ts'

const fenced = /```(\w*)[ \t]*\n?([\s\S]*?)```/
const asked =
  /(?<![\p{L}])(?:run|execute|evaluate|try|führe?|starte|exécute|lance|ejecuta)(?![\p{L}])[^:\n]{0,40}?(?<![\p{L}])(python|node(?:\.?js)?|javascript|js|code|script|skript|código)(?![\p{L}])[^:\n]{0,20}(?::|\n|(?<![\p{L}])aus:?)\s*([\s\S]+)$/iu
const bare =
  /(?<![\p{L}])(?:run|execute|evaluate|führe?|exécute|ejecuta)\s*(?:this|the following|aus|ceci|esto)?\s*:?\s*((?:print\(|console\.log\(|import |from |def |const |let )[\s\S]+)$/iu
const order = /(?<![\p{L}])(?:run|execute|evaluate|output|result|führe?|exécute|lance|ejecuta)(?![\p{L}])/iu

export function codeIntent({ task, say }: Request): Goal | null {
  const block = fenced.exec(task)
  const inline = asked.exec(task)
  const plain = bare.exec(task)
  const code = (block?.[2] ?? inline?.[2] ?? plain?.[1])?.trim().replace(/^`|`$/g, '')
  if (!code || !(inline || plain || order.test(task.replace(fenced, ' ')))) return null
  const title = say({ en: 'Run the code', de: 'Code ausführen', fr: 'Exécuter le code', es: 'Ejecutar el código' })
  const language = languageOf(block?.[1] || inline?.[1] || '', code)
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
