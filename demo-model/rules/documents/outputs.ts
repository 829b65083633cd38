/** Which documents the words ask for: slides, a chart, a sheet, a PDF. */
import { NUMBER_WORDS, numberOf } from '../language/numbers.ts'

export type OutputKind = 'deck' | 'chart' | 'sheet' | 'pdf'

const nouns: Record<OutputKind, string> = {
  deck: 'power ?points?|pptx?|slide ?decks?|slide ?shows?|slides?|decks?|presentations?|keynote|präsentation(?:en)?|foliensatz|folien?|vortrag|présentations?|diaporamas?|diapos?|diapositives?|presentaci(?:ón|ones)|diapositivas?',
  chart:
    '(?:(?:pie|bar|line|column|doughnut|donut|area) ?)?(?:charts?|graphs?|diagrams?)|(?:balken|säulen|linien|kreis|torten|kuchen)?-?diagramm?e?|schaubild|graphiques?(?: (?:en|à) (?:barres|secteurs|camembert|courbes?|lignes?))?|diagrammes?|camembert|gráfic[oa]s?(?: (?:de|circular)(?: (?:barras|líneas|columnas|tarta|pastel|sectores))?)?|histogramm?e?',
  sheet:
    'spread ?sheets?|excel(?:[- ](?:file|sheet|workbook|table|datei|tabelle|liste))?|xlsx?|work ?books?|sheets?|tables?|tabellenkalkulation|tabellen?|arbeitsmappe|kalkulation|tableaux?(?: excel)?|tableurs?|feuilles? de calcul|classeurs?|fichiers? excel|hojas? de cálculo|tablas?(?: de excel)?|planillas?|libros? de excel',
  pdf: 'pdfs?(?:[- ](?:file|document|report|datei|dokument|bericht))?|documents?|reports?|letters?|memos?|one[- ]pagers?|hand-?outs?|briefing|proposals?|write-?ups?|berichte?|dokumente?|briefe?|schreiben|protokoll|handzettel|merkblatt|angebot|rapports?|lettres?|comptes? rendus?|informes?|documentos?|cartas?|actas?',
}
/** These words count as an output only if no other word does: "a summary of the benefits of remote work". */
const loose =
  'summary|overview|(?:to-?do|shopping|packing|task|check)[- ]?lists?|einkaufsliste|aufgabenliste|packliste|liste de (?:courses|tâches)|lista de (?:la compra|tareas)|guide|agenda|plan|zusammenfassung|überblick|übersicht|checkliste|leitfaden|résumé|aperçu|resumen|guía|orden del día'
/** These words describe content, unless the sentence asks to make them: "a deck on the sales report", "a PDF with a table". */
const weak =
  /^(?:tables?|tabellen?|documents?|reports?|letters?|proposals?|berichte?|dokumente?|angebot|plan|tableaux?|rapports?|lettres?|tablas?|informes?|documentos?|cartas?)$/iu
const contentBefore =
  /(?:^|\s)(?:on|about|of|from|with|regarding|in|to|über|zu[mr]?|von|vom|aus|mit|de[rsm]?|du|sur|avec|à partir de|sobre|con|desde)\s+(?:(?:the|our|my|your|this|that|these|an?|der|die|das|dem|den|des|diese[rnms]?|eine[rnm]?|unsere[rnm]?|meine[rnm]?|last|annual|latest|monthly|quarterly|weekly|le|la|les|ce|cette|un|une|notre|el|esta|este|una|nuestr[oa])\s+)*(?:[\p{L}\d-]+\s+)?$/iu

export const OUTPUT_NOUNS = Object.values(nouns).join('|')
export const LOOSE_NOUNS = loose

/** In the order of the words, each kind once. A deck holds the chart that is asked for beside it. */
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
  const kinds = [...new Set(chosen.sort((a, b) => a.at - b.at).map((output) => output.kind))]
  return kinds.includes('deck') ? kinds.filter((kind) => kind !== 'chart') : kinds
}

function isContent(text: string, noun: string, at: number): boolean {
  const before = text.slice(0, at)
  if (/[\p{L}\d]\.$/u.test(before)) return true // the ending of a file name
  return weak.test(noun) && contentBefore.test(before)
}

const counts = {
  slides: 'slides?|sliders?|folien?|foliger?|diapositives?|diapos?|diapositivas?',
  pages: 'pages?|pagers?|seiten?|seitige[rsnm]?|páginas?',
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
  return new RegExp(
    `(\\d+|${NUMBER_WORDS})[- ]?(?:${nouns})(?![\\p{L}])|(?:${nouns})\\s*[:=]\\s*(\\d{1,2})(?![\\d.,])`,
    'giu',
  )
}

function word(pattern: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\d])(?:${pattern})(?![\\p{L}\\d])`, 'giu')
}
