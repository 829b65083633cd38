/** Rules for slides, sheets and PDFs: they ask for what is missing, and never make it up. */
import { contentOf } from './content.ts'
import { deckInput, plainDeckInput } from './deck.ts'
import { type Goal, type Say, type Step, sayer } from './goal.ts'
import type { Language } from './language.ts'
import { pdfInput, plainPdfInput } from './pdf.ts'
import { plainSheetInput, sheetInput } from './sheet.ts'
import { answered, type Talk } from './talk.ts'
import { type Wish, wishOf } from './wish.ts'

const MAX_QUESTIONS = 2
const numeric = /\b(?:sales|revenue|turnover|figures|numbers|results|profit|umsätze?|zahlen|gewinn|ergebnisse)\b/i
const template = /\b(?:track|tracker|template|plan|planner|list|log|schedule|vorlage|liste|plan)\b/i
const none =
  /^(?:no|none|nothing|skip|nope|no figures|without|leave (?:it|them)|you (?:decide|choose)|whatever|anything|nein|keine?|egal|ohne)\b/i

export function documentGoal(talk: Talk, language: Language): Goal {
  const say = sayer(language)
  const material = answered(talk, 'read_file').flatMap(({ outcome }) => {
    const content = outcome.ok ? ((outcome.data as { content?: unknown } | null)?.content ?? outcome.data) : null
    return typeof content === 'string' ? [content] : []
  })
  const wish = wishOf(
    talk.task,
    talk.answers.filter((answer) => !none.test(answer)),
    material,
    language,
  )
  const question = talk.answers.length < MAX_QUESTIONS ? missing(wish, talk, say) : null
  return question
    ? { kind: 'ask', question }
    : { kind: 'do', steps: stepsOf(wish, talk.task, say), remark: remarkOf(wish, say) }
}

function missing(wish: Wish, talk: Talk, say: Say): string | null {
  const last = talk.answers.at(-1)
  if (last !== undefined && none.test(last)) return null
  const hasContent = wish.topic !== null || wish.figures !== null || wish.points.length > 0
  if (!hasContent) {
    return say(
      'What should it be about? If there are figures, give them like "north 120, south 80, west 95".',
      'Worum soll es gehen? Zahlen gibst du so an: „Nord 120, Süd 80, West 95“.',
    )
  }
  const sheetNeeds = wish.outputs.includes('sheet') && wish.points.length === 0 && !template.test(talk.task)
  if (wish.figures || wish.letterTo !== null || !(sheetNeeds || numeric.test(wish.topic ?? ''))) return null
  return say(
    `Which figures should I use for "${wish.topic}"? For example "north 120, south 80, west 95", or say "none".`,
    `Welche Zahlen soll ich für „${wish.topic}“ nehmen? Zum Beispiel „Nord 120, Süd 80, West 95“, oder sag „keine“.`,
  )
}

function stepsOf(wish: Wish, task: string, say: Say): Step[] {
  const content = contentOf(wish)
  const steps: Record<Wish['outputs'][number], () => Step> = {
    deck: () => ({
      tool: 'generate_powerpoint',
      query: 'generate powerpoint presentation slides',
      title: say('Make the slides', 'Folien erstellen'),
      arguments: deckInput(content, wish.slides),
      corrected: plainDeckInput(content, wish.slides),
    }),
    sheet: () => ({
      tool: 'generate_spreadsheet',
      query: 'generate spreadsheet excel table',
      title: say('Make the spreadsheet', 'Tabelle erstellen'),
      arguments: sheetInput(content, wish, task),
      corrected: plainSheetInput(content, wish, task),
    }),
    pdf: () => ({
      tool: 'generate_pdf',
      query: 'generate pdf document report',
      title: say('Make the PDF', 'PDF erstellen'),
      arguments: pdfInput(content, wish),
      corrected: plainPdfInput(content),
    }),
  }
  return wish.outputs.map((output) => steps[output]())
}

function remarkOf(wish: Wish, say: Say): string {
  const { data, origin } = contentOf(wish)
  if (data) return data.summary.slice(0, 3).join(' · ')
  if (wish.letterTo !== null || wish.outputs.every((output) => output === 'sheet')) return ''
  if (origin === 'questions') {
    return say(
      'I know nothing of the subject beyond your words, so it is an outline with questions to fill in.',
      'Ich weiß über das Thema nur, was du geschrieben hast: Es ist eine Gliederung mit Fragen zum Ausfüllen.',
    )
  }
  return origin === 'known'
    ? say('The points are general ones, without figures.', 'Die Punkte sind allgemein und ohne Zahlen.')
    : ''
}
