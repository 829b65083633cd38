/** A small program from the library: written to a file and run once, so that people see what it prints. */
import type { Goal } from '../../goal.ts'
import type { Request } from '../../request.ts'
import { programs } from './library.ts'

const wanted =
  /(?<![\p{L}])(?:write|create|make|build|give|show|code|program|implement|generate|schreib\p{L}*|erstelle?|programmiere?|mach\p{L}*|écris|écrivez|crée|fais|programme|escribe|crea|haz|programa)(?![\p{L}])[^:\n]{0,40}?(?<![\p{L}])(?:programs?|scripts?|functions?|code|snippet|algorithm|programm|skript|funktion|programme|fonction|programa|función|código|python|javascript|fizz ?buzz)(?![\p{L}])|^(?:a |an |ein |un )?(?:small |kleines |petit )?(?:python|javascript|js)[- ](?:program|script|programm|skript)/iu
const other =
  /(?<![\p{L}])(?:java|c\+\+|c#|rust|golang|go program|ruby|php|perl|swift|kotlin|sql|bash|shell|html|css|vba|excel macro|macro|typescript|matlab|haskell|r script)(?![\p{L}+#])/iu
const MAX_COUNT = 10_000

export function programIntent({ task, instruction, say }: Request): Goal | null {
  if (!wanted.test(instruction) || /\.(?:txt|md|csv)\b/i.test(task)) return null
  const program = programs.find(({ pattern }) => pattern.test(task))
  if (!program || other.test(instruction)) return { kind: 'limit', message: say(onlyThese) }
  const language = /javascript|\bnode|\bjs\b/i.test(task) ? 'javascript' : 'python'
  const count = Math.min(Math.max(countIn(task) ?? program.count, 1), MAX_COUNT)
  const code = program[language](count)
  const path = `${program.name}.${language === 'python' ? 'py' : 'js'}`
  const steps = [
    {
      tool: 'write_file',
      query: 'write text file',
      title: say({ en: `Write ${path}`, de: `${path} schreiben`, fr: `Écrire ${path}`, es: `Escribir ${path}` }),
      arguments: { path, content: code, mode: 'create' },
      corrected: { path: path.replace('.', '-2.'), content: code, mode: 'create' },
    },
    {
      tool: 'run_code',
      query: 'run code python',
      title: say({ en: `Run ${path}`, de: `${path} ausführen`, fr: `Exécuter ${path}`, es: `Ejecutar ${path}` }),
      arguments: { language, code },
    },
  ]
  return { kind: 'do', steps, remark: say(fromLibrary) }
}

/** The last number of the words: "up to 100", "the first 20", "von 1 bis 50". */
function countIn(task: string): number | undefined {
  const numbers = task.replace(/python\s*\d(?:\.\d+)?/i, '').match(/(?<![\w.])\d{1,7}(?![\w.]\d|\w)/g)
  return numbers ? Number(numbers.at(-1)) : undefined
}

const names = programs.map(({ name }) => name.replace('-', ' ')).join(', ')
const onlyThese = {
  en: `I can only write a few small programs in Python or JavaScript: ${names}.`,
  de: `Ich kann nur wenige kleine Programme in Python oder JavaScript schreiben: ${names}.`,
  fr: `Je ne sais écrire que quelques petits programmes en Python ou en JavaScript : ${names}.`,
  es: `Solo sé escribir unos pocos programas pequeños en Python o JavaScript: ${names}.`,
}
const fromLibrary = {
  en: 'It is one of the few programs that I know by heart.',
  de: 'Es ist eines der wenigen Programme, die ich auswendig kann.',
  fr: 'C’est l’un des rares programmes que je connais par cœur.',
  es: 'Es uno de los pocos programas que me sé de memoria.',
}
