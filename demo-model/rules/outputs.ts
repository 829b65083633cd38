/** Which documents the words ask for: slides, a sheet, a PDF. */
import { NUMBER_WORDS, numberOf } from './numbers.ts'

export type OutputKind = 'deck' | 'sheet' | 'pdf'

const nouns: Record<OutputKind, string> = {
  deck: 'power ?points?|pptx?|slide ?decks?|slide ?shows?|slides?|decks?|presentations?|keynote|präsentation(?:en)?|foliensatz|folien?|vortrag',
  sheet:
    'spread ?sheets?|excel(?:[- ](?:file|sheet|workbook|table|datei|tabelle))?|xlsx?|work ?books?|sheets?|tables?|tabellenkalkulation|tabellen?|arbeitsmappe|kalkulation',
  pdf: 'pdfs?(?:[- ](?:file|document|report|datei|dokument|bericht))?|documents?|reports?|letters?|memos?|one[- ]pagers?|hand-?outs?|briefing|proposals?|write-?ups?|articles?|essays?|berichte?|dokumente?|briefe?|schreiben|protokoll|handzettel|merkblatt|angebot',
}
/** These words count as an output only if no other word does: "a summary of the benefits of remote work". */
const loose = 'summary|overview|check-?list|guide|agenda|plan|zusammenfassung|überblick|übersicht|checkliste|leitfaden'
/** These words describe content, unless the sentence asks to make them: "a deck on the sales report", "a PDF with a table". */
const weak =
  /^(tables?|tabellen?|documents?|reports?|letters?|articles?|proposals?|berichte?|dokumente?|angebot|plan)$/i
const contentBefore =
  /(?:^|\s)(?:on|about|of|from|with|regarding|in|to|über|zu[mr]?|von|vom|aus|mit|de[rsm])\s+(?:(?:the|our|my|your|this|that|an?|der|die|das|dem|den|des|eine[rnm]?|unsere[rnm]?|meine[rnm]?|last|annual|latest|monthly|quarterly|weekly)\s+)*(?:[\p{L}\d-]+\s+)?$/iu

export const OUTPUT_NOUNS = Object.values(nouns).join('|')
export const LOOSE_NOUNS = loose

/** In the order of the words, each kind once. */
export function outputsOf(words: string): OutputKind[] {
  const text = words.replace(/\S+\.(?:txt|md|csv|tsv|json|html?|log)(?!\w)/gi, ' ')
  const found = Object.entries(nouns).flatMap(([kind, pattern]) =>
    [...text.matchAll(word(pattern))].map((match) => ({
      kind: kind as OutputKind,
      at: match.index,
      content: isContent(text, match[0], match.index),
    })),
  )
  const wanted = found.filter((output) => !output.content)
  const chosen = wanted.length > 0 ? wanted : found
  if (chosen.length === 0 && word(loose).test(text)) return ['pdf']
  return [...new Set(chosen.sort((a, b) => a.at - b.at).map((output) => output.kind))]
}

function isContent(text: string, noun: string, at: number): boolean {
  const before = text.slice(0, at)
  if (/[\p{L}\d]\.$/u.test(before)) return true // the ending of a file name
  return weak.test(noun) && contentBefore.test(before)
}

const counts = {
  slides: 'slides?|sliders?|folien?|foliger?',
  pages: 'pages?|pagers?|seiten?|seitige[rsnm]?',
}

/** How many slides or pages are asked for, from 1 to 30; null if the text does not say. */
export function countOf(text: string, what: keyof typeof counts): number | null {
  const match = counted(counts[what]).exec(text)
  if (!match) return null
  const count = numberOf((match[1] ?? match[2] ?? '').toLowerCase(), 'en')
  return count >= 1 && count <= 30 ? count : null
}

/** The text without "three slides" and the like, whose numbers are not figures. */
export function withoutCounts(text: string): string {
  return text.replace(counted(`${counts.slides}|${counts.pages}`), (phrase) => phrase.replace(/\d+|\p{L}+[- ]/u, ''))
}

function counted(nouns: string): RegExp {
  return new RegExp(`(\\d+|${NUMBER_WORDS})[- ]?(?:${nouns})(?![\\p{L}])|(?:${nouns})\\s*[:=]\\s*(\\d+)`, 'giu')
}

function word(pattern: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\d])(?:${pattern})(?![\\p{L}\\d])`, 'giu')
}
