/** A plan of the week from what the person has to do. Times stay as they were written; nothing is added. */
import { outputsOf } from '../documents/outputs.ts'
import { tableRow } from '../documents/pdf.ts'
import type { Goal, Step } from '../goal.ts'
import { capitalised, type Language, type Say } from '../language/language.ts'
import { materialIn, type Request } from '../request.ts'

const wanted =
  /(?<![\p{L}])(?:plan|organi[sz]e|schedule|plane?|organisiere|planifie[rz]?|organise|planifica|organiza)\s+(?:for\s+)?(?:me\s+|mir\s+)?(?:my|our|the|this|next|meine|unsere|die|diese|nächste|ma|la|notre|cette|mi|esta|nuestra)(?:\s+\p{L}+)?\s+(?:work(?:ing)? )?(?:week|woche|semaine|semana)(?![\p{L}])|(?<![\p{L}])(?:week(?:ly)? (?:plan|schedule|planner)|plan (?:of|for) (?:the|my|our|this|next) week|wochenplan|plan für (?:die|meine|diese) woche|planning de (?:la|ma) semaine|plan(?:ning)? hebdomadaire|plan de (?:la|mi) semana|plan semanal)(?![\p{L}])/iu

const dayNames: Record<Language, string[]> = {
  en: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
  de: ['Montag', 'Dienstag', 'Mittwoch', 'Donnerstag', 'Freitag', 'Samstag', 'Sonntag'],
  fr: ['Lundi', 'Mardi', 'Mercredi', 'Jeudi', 'Vendredi', 'Samedi', 'Dimanche'],
  es: ['Lunes', 'Martes', 'Miércoles', 'Jueves', 'Viernes', 'Sábado', 'Domingo'],
}
const short: Record<Language, string[]> = {
  en: ['mon', 'tues?', 'wed', 'thu(?:rs?)?', 'fri', 'sat', 'sun'],
  de: ['mo', 'di', 'mi', 'do', 'fr', 'sa', 'so'],
  fr: ['lun', 'mar', 'mer', 'jeu', 'ven', 'sam', 'dim'],
  es: ['lun', 'mar', 'mié', 'jue', 'vie', 'sáb', 'dom'],
}
const joint = '(?:\\s*(?:,|/|&|and|und|et|y)\\s*)'
const before = '(?:(?:on|am|le|el|los|les|every|jeden|chaque|cada)\\s+)?'

export function weekIntent(request: Request): Goal | null {
  const { instruction, talk, say, language, material, task } = request
  if (!wanted.test(instruction)) return null
  const text = [materialIn(task) || behindWeek(task), ...talk.answers, ...material].join('\n')
  const plan = planOf(text, language)
  if (plan.every((items) => items.length === 0)) {
    return talk.answers.length === 0
      ? { kind: 'ask', question: say(whatToDo) }
      : { kind: 'limit', message: say(nothingToPlan) }
  }
  const isSheet = outputsOf(instruction).includes('sheet')
  return {
    kind: 'do',
    steps: [isSheet ? sheetStep(plan, language, say) : pdfStep(plan, language, say)],
    remark: say(remark),
  }
}

const whatToDo = {
  en: 'What do you have to do? For example “Monday gym, Tuesday report, Thursday dentist at 10:00”.',
  de: 'Was hast du vor? Zum Beispiel „Montag Sport, Dienstag Bericht, Donnerstag Zahnarzt um 10 Uhr“.',
  fr: 'Qu’avez-vous à faire ? Par exemple « lundi sport, mardi rapport, jeudi dentiste à 10 h ».',
  es: '¿Qué tienes que hacer? Por ejemplo «lunes gimnasio, martes informe, jueves dentista a las 10».',
}
const nothingToPlan = {
  en: 'I found nothing to plan in your words.',
  de: 'In deinen Worten habe ich nichts gefunden, das ich planen kann.',
  fr: 'Je n’ai rien trouvé à planifier dans vos mots.',
  es: 'No encontré nada que planificar en tus palabras.',
}
const remark = {
  en: 'It holds only what you named. What had no day I put on the working days with the least.',
  de: 'Er enthält nur, was du genannt hast. Was keinen Tag hatte, steht an den Werktagen mit dem wenigsten.',
  fr: 'Il ne contient que ce que vous avez nommé. Ce qui n’avait pas de jour est placé les jours ouvrés les moins chargés.',
  es: 'Solo contiene lo que nombraste. Lo que no tenía día está en los días laborables con menos cosas.',
}

/** "Plan my week with gym on Monday": what stands behind the word. */
const behindWeek = (task: string) =>
  /(?:week|wochenplan|woche|semaine|semana)\s*(?:plan\s*)?(?:with|mit|avec|con|,)\s+([\s\S]+)$/iu.exec(task)?.[1] ?? ''

/** The items of each day, Monday first. */
function planOf(text: string, language: Language): string[][] {
  const week: string[][] = dayNames.en.map(() => [])
  const open: string[] = []
  let days: number[] = []
  for (const piece of piecesOf(text, language)) {
    const found = daysIn(piece, language)
    const item = capitalised(found.rest)
    // "Monday: gym, laundry": what follows without a day belongs to the day with a colon
    if (found.days.length > 0) days = found.isHeading ? found.days : []
    const target = found.days.length > 0 ? found.days : days
    if (item.length < 2) continue
    if (target.length === 0) open.push(item)
    for (const day of target) week[day]!.push(item)
  }
  for (const item of open) emptiest(week).push(item)
  return week
}

const emptiest = (week: string[][]) =>
  week.slice(0, 5).reduce((least, items) => (items.length < least.length ? items : least))

/** Days that are only joined ("Monday and Wednesday gym") stay in one piece. */
function piecesOf(text: string, language: Language): string[] {
  const day = anyDay(language)
  const joined = text.replace(new RegExp(`(${day})${joint}(?=${before}${day}(?![\\p{L}]))`, 'giu'), '$1\u2401')
  return joined
    .split(/[;\n]|,(?!\d)|\.(?=\s|$)|\s(?:and|und|et)\s|\sy\s|^\s*[-–•*]\s/imu)
    .map((piece) => piece.trim())
    .filter(Boolean)
}

const anyDay = (language: Language) =>
  dayNames[language].flatMap((name, at) => [`${name}s?`, `${short[language][at]}\\.?(?=[\\s:,\u2401]|$)`]).join('|')

function daysIn(piece: string, language: Language): { days: number[]; rest: string; isHeading: boolean } {
  const days: number[] = []
  let isHeading = false
  const rest = piece.replace(
    new RegExp(`(?<![\\p{L}])${before}(${anyDay(language)})(?![\\p{L}])(\\s*:)?\u2401?`, 'giu'),
    (_, name: string, colon?: string) => {
      const at = dayNames[language].findIndex((day, index) =>
        new RegExp(`^(?:${day}s?|${short[language][index]}\\.?)$`, 'iu').test(name),
      )
      if (at < 0) return name
      if (!days.includes(at)) days.push(at)
      isHeading ||= colon !== undefined
      return ' '
    },
  )
  const plain = rest
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^[:,–-]\s*/u, '')
    .replace(/\s(?:on|am|le|el)$/iu, '')
  return { days, rest: plain, isHeading }
}

const words = {
  title: { en: 'Plan of the week', de: 'Wochenplan', fr: 'Plan de la semaine', es: 'Plan de la semana' },
  day: { en: 'Day', de: 'Tag', fr: 'Jour', es: 'Día' },
  what: { en: 'What', de: 'Was', fr: 'Quoi', es: 'Qué' },
  step: { en: 'Write the plan', de: 'Plan schreiben', fr: 'Écrire le plan', es: 'Escribir el plan' },
}
const filename = 'week-plan'

/** Saturday and Sunday stand there only if there is something. */
const shownDays = (plan: string[][], language: Language) =>
  plan.flatMap((items, at) => (at < 5 || items.length > 0 ? [{ day: dayNames[language][at]!, items }] : []))

function pdfStep(plan: string[][], language: Language, say: Say): Step {
  const rows = shownDays(plan, language).map(({ day, items }) => tableRow([day, items.join('; ')]))
  const content = [tableRow([say(words.day), say(words.what)]), '|---|---|', ...rows].join('\n')
  return {
    tool: 'generate_pdf',
    query: 'generate pdf document report',
    title: say(words.step),
    arguments: { title: say(words.title), content, filename },
  }
}

function sheetStep(plan: string[][], language: Language, say: Say): Step {
  const rows = shownDays(plan, language).flatMap(({ day, items }) =>
    items.length > 0 ? items.map((item) => [day, item]) : [[day, '']],
  )
  const columns = [{ header: say(words.day) }, { header: say(words.what) }]
  const title = say(words.title)
  return {
    tool: 'generate_spreadsheet',
    query: 'generate spreadsheet excel table',
    title: say(words.step),
    arguments: { title, sheets: [{ name: title, columns, rows }], filename },
  }
}
