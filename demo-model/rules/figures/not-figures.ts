/**
 * Numbers in a text that are no figures: times, dates, durations, counts of slides. They are taken out before figures are
 * looked for, so that "at 3 pm" never becomes a row with the value 3.
 */

import { withoutCounts } from '../documents/outputs.ts'
import { NUMBER_WORDS } from '../language/numbers.ts'

/** Stands where a number was that is no figure. It is no letter, so it is never part of a label. */
export const TAKEN_OUT = '\u2400'

const month =
  '(?:jan(?:uary|uar|vier|uero)?|feb(?:ruary|ruar|rero)?|février|fév|mar(?:ch|s|zo)?|märz|apr(?:il)?|avril|abril|ma[iy]o?|june?|juni?|juin|junio|july?|juli|juillet|julio|aug(?:ust)?|août|agosto|sep(?:t|tember|tembre|tiembre)?|o[ck]t(?:ober|obre|ubre)?|nov(?:ember|embre|iembre)?|de[cz](?:ember|iembre)?|décembre|déc|ene(?:ro)?)'
const duration =
  '(?:seconds?|minutes?|min|hours?|days?|weeks?|months?|years?|sekunden?|minuten?|stunden?|tage[n]?|wochen?|monate[n]?|jahre?n?|secondes?|heures?|jours?|semaines?|mois|ans?|années?|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?)'
const clock = '(?:[01]?\\d|2[0-4])'

const patterns = [
  `\\S+@\\S+|https?://\\S+|[\\w-]+\\.(?:txt|md|csv|tsv|json|html?|xlsx?|pptx?|docx?|pdf|png|jpe?g)(?!\\w)`,
  // times
  `\\b${clock}(?::[0-5]\\d){1,2}(?:\\s?(?:am|pm|uhr|h|hrs))?`,
  `\\b${clock}(?:\\.[0-5]\\d)?\\s?(?:a\\.?m\\.?|p\\.?m\\.?|o['’]?clock|uhr|hrs)(?![\\p{L}])`,
  `\\b${clock}h(?:[0-5]\\d)?(?![\\p{L}\\d])`,
  `(?<![\\p{L}])(?:à|a las?|until|till|um|gegen|at|by|before|after|from|hasta las?|desde las?|vers|avant|après|ab)\\s+${clock}(?:\\s?h(?:eures?)?)?(?![\\p{L}\\d]|[.,:]\\d|\\s?[%€$£k])(?:\\s?(?:-|–|to|bis|till|until|à|a)\\s?${clock}(?!\\d))?`,
  `(?<![\\p{L}])(?:von|de)\\s+${clock}\\s?(?:h\\s)?(?:bis|à|a)\\s+${clock}(?!\\d)(?:\\s?(?:uhr|h|heures|horas))?`,
  // dates
  '\\b(?:19|20)\\d\\d-\\d\\d?-\\d\\d?\\b',
  '\\b\\d{1,2}[./]\\d{1,2}[./](?:\\d{4}|\\d{2})?(?!\\d)',
  `\\b\\d{1,2}(?:st|nd|rd|th|er|\\.|º)?\\s+(?:de\\s+|of\\s+)?${month}(?![\\p{L}])\\.?(?:\\s+(?:de\\s+|del\\s+)?(?:19|20)\\d\\d)?`,
  `(?<![\\p{L}])(?:on|by|until|till|am|bis|le|el|due|since|from|before|after)\\s+${month}\\.?\\s+\\d{1,2}(?!\\d)`,
  `${month}\\.?\\s+\\d{1,2}(?:st|nd|rd|th),?(?:\\s+(?:19|20)\\d\\d)?`,
  `${month}\\.?\\s+\\d{1,2},\\s+(?:19|20)\\d\\d`,
  '\\b\\d+(?:st|nd|rd|th|ère|er|ème|º|ª)(?![\\p{L}])',
  // durations and counts
  `(?<![\\p{L}])(?:in|within|for|over|after|next|last|past|every|in den nächsten|nächsten?|letzten?|alle|binnen|seit|dans|pendant|depuis|en|durante|dentro de|próximos?|últimos?|derniers?|prochains?)\\s+(?:the\\s+(?:next|last|past)\\s+|les\\s+|los\\s+)?(?:\\d+|${NUMBER_WORDS})\\s+${duration}(?![\\p{L}])`,
  `\\b\\d+[- ](?:day|week|month|year|minute|hour|tägige?[nrms]?|wöchige?[nrms]?)(?![\\p{L}])`,
  `(?<![\\p{L}])(?:top|number|no\\.|nr\\.?|nummer|page|seite|step|version|v|level|room|raum|floor|número|numéro|n°|chapter|kapitel|room)\\s*\\d+(?:\\.\\d+)*(?![.,]\\d)`,
].map((source) => new RegExp(source, 'giu'))

export function withoutOtherNumbers(text: string): string {
  const clean = patterns.reduce((rest, pattern) => rest.replace(pattern, TAKEN_OUT), text)
  return withoutCounts(clean)
}
