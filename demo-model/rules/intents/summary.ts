/** A summary of a given text: its most telling sentences, word for word, and said so. */

import { deckQuery } from '../documents/documents.ts'
import { outputsOf } from '../documents/outputs.ts'
import { escaped } from '../documents/pdf.ts'
import { figuresIn } from '../figures/figures.ts'
import type { Goal, Step } from '../goal.ts'
import type { Language, Say } from '../language/language.ts'
import { NUMBER_WORDS, numberOf } from '../language/numbers.ts'
import { baseName, materialIn, type Request } from '../request.ts'

const wanted =
  /(?<![\p{L}])(?:summari[sz]e|summar(?:y|ies) of|sum up|tl;?dr|key (?:points|takeaways)|main points|condense|shorten|fass\p{L}*\b[\s\S]{0,60}?zusammen|zusammenfass\p{L}*|zusammenfassung|kernpunkte|kürze|wichtigste[nr]? punkte|résume[rz]?|résumé|points clés|resume|resumir|resúme\p{L}*|resumen|puntos clave)(?![\p{L}])/iu
const MIN_SENTENCES = 3

export function summaryIntent(request: Request): Goal | null {
  const { task, instruction, talk, say, language, material } = request
  if (!wanted.test(instruction)) return null
  const own = materialIn(task) || behindOrder(task)
  const text = own || material.join('\n\n') || (talk.answers.at(-1) ?? '')
  if (text === '') return withoutText(request)
  // a list of figures is no text to shorten
  if (figuresIn(text, language).kind === 'sure') return null
  const sentences = sentencesOf(text)
  const outputs = outputsOf(instruction.replace(wanted, ' '))
  if (sentences.length < MIN_SENTENCES) return outputs.length > 0 ? null : { kind: 'limit', message: say(tooShort) }
  const chosen = mostTelling(sentences, wantedCount(instruction, language) ?? defaultCount(sentences.length))
  const steps = outputs.flatMap((output) => stepOf(output, chosen, say))
  const remark = say(extractive(chosen.length, sentences.length))
  if (steps.length > 0) return { kind: 'do', steps, remark }
  return { kind: 'say', text: `${chosen.map((sentence) => `- ${sentence}`).join('\n')}\n\n${remark}` }
}

/** "TL;DR The sun is a star. …": the sentences behind the one that asks. */
function behindOrder(task: string): string {
  const rest = task.replace(/^\s*tl;?dr:?\s+/i, '')
  const sentences = sentencesOf(rest)
  const text = (rest === task ? sentences.slice(1) : sentences).join(' ')
  return sentencesOf(text).length >= MIN_SENTENCES ? text : ''
}

/** A document about a subject may say "a summary of …" without holding a text: that is for other rules. */
function withoutText({ instruction, talk, say, unread, cannotRead }: Request): Goal | null {
  if (unread.length > 0) return { kind: 'limit', message: cannotRead(unread) }
  if (outputsOf(instruction.replace(wanted, ' ')).length > 0) return null
  const failed = talk.calls.find((call) => call.name === 'read_file' && call.outcome && !call.outcome.ok)
  if (failed) return { kind: 'limit', message: cannotRead([baseName(String(failed.arguments.path))]) }
  return { kind: 'ask', question: say(whichText) }
}

const whichText = {
  en: 'Which text shall I summarize? Please paste it here.',
  de: 'Welchen Text soll ich zusammenfassen? Bitte füge ihn hier ein.',
  fr: 'Quel texte dois-je résumer ? Collez-le ici.',
  es: '¿Qué texto debo resumir? Pégalo aquí.',
}
const tooShort = {
  en: 'The text has fewer than three sentences: there is nothing to shorten, and I cannot put it in other words.',
  de: 'Der Text hat weniger als drei Sätze: Da gibt es nichts zu kürzen, und umformulieren kann ich nicht.',
  fr: 'Le texte a moins de trois phrases : il n’y a rien à raccourcir, et je ne sais pas le reformuler.',
  es: 'El texto tiene menos de tres frases: no hay nada que acortar, y no sé decirlo con otras palabras.',
}

const extractive = (chosen: number, all: number) => ({
  en: `These are ${chosen} of its ${all} sentences, word for word: I pick sentences by their frequent words and write none myself.`,
  de: `Das sind ${chosen} der ${all} Sätze, wörtlich: Ich wähle Sätze nach ihren häufigen Wörtern und schreibe keine eigenen.`,
  fr: `Ce sont ${chosen} de ses ${all} phrases, mot pour mot : je choisis des phrases selon leurs mots fréquents et n’en écris aucune.`,
  es: `Son ${chosen} de sus ${all} frases, palabra por palabra: elijo frases por sus palabras frecuentes y no escribo ninguna.`,
})

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

function sentencesOf(text: string): string[] {
  return text
    .split(/\n+/)
    .flatMap((line) => [...segmenter.segment(line.replace(/^\s*[-*•#>]+\s*/, ''))].map(({ segment }) => segment.trim()))
    .filter((sentence) => /\p{L}{2}/u.test(sentence))
}

const defaultCount = (sentences: number) => Math.min(5, Math.max(1, Math.round(sentences / 3)))

function wantedCount(instruction: string, language: Language): number | null {
  const match = new RegExp(
    `(\\d+|${NUMBER_WORDS})\\s+(?:short\\s+|kurzen?\\s+)?(?:sentences?|bullets?(?: points?)?|points?|lines?|sätzen?|punkten?|stichpunkten?|phrases?|frases?|puntos?)`,
    'iu',
  ).exec(instruction)
  const count = match ? numberOf(match[1]!, language) : 0
  return count >= 1 && count <= 20 ? count : null
}

/** The sentences whose longer words are frequent in the text, in their order. The first one counts a little more. */
function mostTelling(sentences: string[], count: number): string[] {
  const wordsOf = (sentence: string) => sentence.toLowerCase().match(/\p{L}{4,}/gu) ?? []
  const frequency = new Map<string, number>()
  for (const word of sentences.flatMap(wordsOf)) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  const score = (sentence: string, at: number) => {
    const words = wordsOf(sentence)
    const sum = words.reduce((total, word) => total + (frequency.get(word) ?? 0), 0)
    return sum / Math.sqrt(words.length + 1) + (at === 0 ? 1 : 0)
  }
  return sentences
    .map((sentence, at) => ({ sentence, at, score: score(sentence, at) }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, count)
    .sort((a, b) => a.at - b.at)
    .map(({ sentence }) => sentence)
}

const summaryTitle = { en: 'Summary', de: 'Zusammenfassung', fr: 'Résumé', es: 'Resumen' }

function stepOf(output: string, sentences: string[], say: Say): Step[] {
  const title = say(summaryTitle)
  const step = say({
    en: 'Write the summary',
    de: 'Zusammenfassung schreiben',
    fr: 'Écrire le résumé',
    es: 'Escribir el resumen',
  })
  if (output === 'pdf') {
    const content = sentences.map((sentence) => `- ${escaped(sentence)}`).join('\n')
    const query = 'generate pdf document report'
    return [{ tool: 'generate_pdf', query, title: step, arguments: { title, content, filename: 'summary' } }]
  }
  if (output === 'deck') {
    const bullets = sentences.slice(0, 8).map((sentence) => sentence.slice(0, 400))
    const slides = [{ title, bullets }]
    return [
      { tool: 'generate_powerpoint', query: deckQuery, title: step, arguments: { title, slides, filename: 'summary' } },
    ]
  }
  return []
}
