/** Rules for slides, charts, sheets and PDFs: they ask for what is missing, and never make it up. */
import type { Goal, Step } from '../goal.ts'
import type { Say } from '../language/language.ts'
import type { Request } from '../request.ts'
import { contentOf } from './content.ts'
import { chartInput, deckInput, plainDeckInput } from './deck.ts'
import { knownSections } from './knowledge.ts'
import { outputsOf } from './outputs.ts'
import { pdfInput, plainPdfInput } from './pdf.ts'
import { plainSheetInput, sheetInput } from './sheet.ts'
import { type Wish, wishOf } from './wish.ts'

const MAX_QUESTIONS = 2
const numeric =
  /(?<![\p{L}])(?:sales|revenues?|turnover|figures|numbers|results|profit|[\p{L}\d-]*umsätze?|zahlen|gewinn|ergebnisse|ventes|chiffres?|résultats|bénéfices?|ventas|ingresos|cifras|resultados|beneficios?)(?![\p{L}])/iu
const template =
  /(?<![\p{L}])(?:track|tracker|template|planner|log|vorlage|erfassen|suivre|suivi|modèle|plantilla|seguimiento|registrar|columns?|spalten|colonnes?|columnas?)(?![\p{L}])/iu
const none =
  /^(?:no|none|nothing|skip|nope|no figures|without|leave (?:it|them)|you (?:decide|choose)|whatever|anything|nein|keine?|egal|ohne|non|aucun[es]?|rien|sans|ningun[ao]s?|nada|sin)(?![\p{L}])/iu
const outlineWanted =
  /^\W*(?:(?:an?|make|just|an empty|eine)\s+)*(?:outline|gliederung|plan|esquema|skeleton|gerüst|esquisse)(?![\p{L}])/iu
const outlineWord = { en: 'Outline', de: 'Gliederung', fr: 'Plan', es: 'Esquema' }

export function documentIntent(request: Request): Goal | null {
  const { task, talk, say, language, material } = request
  const { answers } = talk
  if (outputsOf(request.instruction).length === 0 && outputsOf(answers.join('\n')).length === 0) return null
  const told = answers.filter((answer) => !none.test(answer) && !outlineWanted.test(answer))
  const wish = wishOf(task, told, material, language)
  const missing = missingIn(wish, request)
  if (missing && answers.length < MAX_QUESTIONS && !none.test(answers.at(-1) ?? '')) return { kind: 'ask', ...missing }
  if (missing) return { kind: 'limit', message: nothingToWrite(say) }
  return { kind: 'do', steps: stepsOf(wish, task, say), remark: remarkOf(wish, request) }
}

interface Question {
  question: string
  options?: string[]
}

const nothingToWrite = (say: Say) =>
  say({
    en: 'Without figures or points from you I have nothing to put into the document, and I do not make anything up.',
    de: 'Ohne Zahlen oder Punkte von dir habe ich nichts für das Dokument, und ich erfinde nichts.',
    fr: 'Sans chiffres ni points de votre part, je n’ai rien à mettre dans le document, et je n’invente rien.',
    es: 'Sin cifras ni puntos de tu parte no tengo nada que poner en el documento, y no invento nada.',
  })

const example = {
  en: '“north 120, south 80, west 95”',
  de: '„Nord 120, Süd 80, West 95“',
  fr: '« Nord 120, Sud 80, Ouest 95 »',
  es: '«Norte 120, Sur 80, Oeste 95»',
}

/** What the documents still need, as a question. */
function missingIn(wish: Wish, { say, task, talk }: Request): Question | null {
  if (wish.figures) return null
  if (wish.isUnsure) return { question: say(unsureQuestion) }
  if (wish.outputs.includes('chart')) return { question: figuresQuestion(wish.topic, say) }
  if (wish.points.length > 0) return null
  const wantsSheet = wish.outputs.includes('sheet')
  if (wantsSheet && template.test(task)) return null
  if (wish.topic === null) return { question: say(topicQuestion) }
  if (wish.letterTo !== null) return null
  if (wantsSheet || numeric.test(wish.topic)) return { question: figuresQuestion(wish.topic, say) }
  if (knownSections(wish.topic, wish.language) || talk.answers.some((answer) => outlineWanted.test(answer))) return null
  return { question: pointsQuestion(wish.topic, say), options: [say(outlineWord)] }
}

const unsureQuestion = {
  en: `I am not sure what the numbers stand for. Please list them as label and number, for example ${example.en}.`,
  de: `Ich bin nicht sicher, wofür die Zahlen stehen. Bitte nenne sie als Bezeichnung und Zahl, zum Beispiel ${example.de}.`,
  fr: `Je ne suis pas sûr de ce que comptent les nombres. Donnez-les sous la forme libellé et nombre, par exemple ${example.fr}.`,
  es: `No estoy seguro de qué cuentan los números. Indícalos como nombre y número, por ejemplo ${example.es}.`,
}

const topicQuestion = {
  en: `What should it be about? If there are figures, give them like ${example.en}.`,
  de: `Worum soll es gehen? Zahlen gibst du so an: ${example.de}.`,
  fr: `De quoi doit-il s’agir ? Donnez les chiffres ainsi : ${example.fr}.`,
  es: `¿De qué debe tratar? Da las cifras así: ${example.es}.`,
}

function figuresQuestion(topic: string | null, say: Say): string {
  const subject = topic ? ` (${topic})` : ''
  return say({
    en: `Which figures should I use${subject}? For example ${example.en}.`,
    de: `Welche Zahlen soll ich nehmen${subject}? Zum Beispiel ${example.de}.`,
    fr: `Quels chiffres dois-je utiliser${subject} ? Par exemple ${example.fr}.`,
    es: `¿Qué cifras debo usar${subject}? Por ejemplo ${example.es}.`,
  })
}

const pointsQuestion = (topic: string, say: Say) =>
  say({
    en: `I know nothing about “${topic}” beyond your words. Which points should I write, one per line? Or say “Outline” for a list of questions to fill in.`,
    de: `Über „${topic}“ weiß ich nur, was du schreibst. Welche Punkte soll ich aufnehmen, einer pro Zeile? Oder sag „Gliederung“ für eine Liste von Fragen zum Ausfüllen.`,
    fr: `Je ne sais rien de « ${topic} » en dehors de vos mots. Quels points dois-je écrire, un par ligne ? Ou dites « Plan » pour une liste de questions à compléter.`,
    es: `No sé nada de «${topic}» aparte de tus palabras. ¿Qué puntos debo escribir, uno por línea? O di «Esquema» para una lista de preguntas por completar.`,
  })

export const deckQuery = 'generate powerpoint presentation slides'

function stepsOf(wish: Wish, task: string, say: Say): Step[] {
  const content = contentOf(wish)
  const steps: Record<Wish['outputs'][number], () => Step> = {
    deck: () => ({
      tool: 'generate_powerpoint',
      query: deckQuery,
      title: say({
        en: 'Make the slides',
        de: 'Folien erstellen',
        fr: 'Faire les diapositives',
        es: 'Hacer las diapositivas',
      }),
      arguments: deckInput(content, wish.slides, wish.chart),
      corrected: plainDeckInput(content, wish.slides),
    }),
    chart: () => ({
      tool: 'generate_powerpoint',
      query: deckQuery,
      title: say({
        en: 'Draw the chart',
        de: 'Diagramm zeichnen',
        fr: 'Dessiner le graphique',
        es: 'Dibujar el gráfico',
      }),
      arguments: chartInput(content, wish.chart),
    }),
    sheet: () => ({
      tool: 'generate_spreadsheet',
      query: 'generate spreadsheet excel table',
      title: say({
        en: 'Make the spreadsheet',
        de: 'Tabelle erstellen',
        fr: 'Faire le tableau',
        es: 'Hacer la hoja de cálculo',
      }),
      arguments: sheetInput(content, wish, task),
      corrected: plainSheetInput(content, wish, task),
    }),
    pdf: () => ({
      tool: 'generate_pdf',
      query: 'generate pdf document report',
      title: say({ en: 'Make the PDF', de: 'PDF erstellen', fr: 'Faire le PDF', es: 'Hacer el PDF' }),
      arguments: pdfInput(content, wish),
      corrected: plainPdfInput(content),
    }),
  }
  return wish.outputs.map((output) => steps[output]())
}

function remarkOf(wish: Wish, { say, unread, cannotRead }: Request): string {
  const { data, origin } = contentOf(wish)
  const remarks: string[] = unread.length > 0 ? [cannotRead(unread)] : []
  if (wish.outputs.includes('chart')) remarks.push(say(chartRemark))
  if (data) remarks.push(data.summary.slice(0, 3).join(' · '))
  else if (wish.letterTo === null && wish.outputs.some((output) => output !== 'sheet') && origin !== 'person') {
    remarks.push(say(origin === 'known' ? knownRemark : outlineRemark))
  }
  return remarks.join('\n\n')
}

const chartRemark = {
  en: 'The chart stands on a slide, where you can edit it.',
  de: 'Das Diagramm steht auf einer Folie, wo du es bearbeiten kannst.',
  fr: 'Le graphique se trouve sur une diapositive, où vous pouvez le modifier.',
  es: 'El gráfico está en una diapositiva, donde puedes editarlo.',
}
const knownRemark = {
  en: 'The points are general ones, without figures.',
  de: 'Die Punkte sind allgemein und ohne Zahlen.',
  fr: 'Les points sont généraux et sans chiffres.',
  es: 'Los puntos son generales y sin cifras.',
}
const outlineRemark = {
  en: 'I know nothing of the subject beyond your words, so it is an outline with questions to fill in.',
  de: 'Ich weiß über das Thema nur, was du geschrieben hast: Es ist eine Gliederung mit Fragen zum Ausfüllen.',
  fr: 'Je ne sais du sujet que ce que vous avez écrit : c’est un plan avec des questions à compléter.',
  es: 'Del tema solo sé lo que has escrito: es un esquema con preguntas por completar.',
}
