/** Lists of label and number: "north 120, south 80", "120 in the north, 80 in the south", one pair a line. */
import { capitalised, type Language } from '../language/language.ts'
import { NUMBER_WORDS, numberOf } from '../language/numbers.ts'
import { AMOUNT, type Amount, amountOf } from './amounts.ts'
import { isArticle, isLabel, isNameAlone, isNoLabel, isPronoun } from './labels.ts'

export interface Pair extends Amount {
  label: string
}

export interface Found {
  pairs: Pair[]
  /** True if numbers beside the list could not be understood: then nothing is sure. */
  isUnsure: boolean
}

const connector =
  '(?:was|were|is|are|made|had|sold|got|brought|at|with|war|waren|hat|hatte|machte|mit|bei|était|est|sont|a fait|fait|avec|es|son|fue|fueron|con|tuvo)'
const numberLast = new RegExp(
  `^(?<label>.*?\\p{L}.*?|(?:19|20)\\d\\d)(?<mark>\\s*[:=–—(]\\s*|\\s+${connector}\\s+|\\s+)(?:${AMOUNT})\\)?$`,
  'iu',
)
const verbs =
  '(?<![\\p{L}])(?:sold|made|earned|spent|produced|shipped|was|were|got|booked|verkauft(?:en)?|verdient(?:en)?|waren?|vendus?|vendu|gagné|dépensé|était|vendimos|vendió|vendido|ganamos|gastamos|fueron|fue)(?![\\p{L}])'
const quantityVerb = new RegExp(verbs, 'iu')
const numberFirst = new RegExp(
  `^(?:.*${verbs}\\s+|and\\s+|und\\s+|et\\s+|y\\s+)?(?:${AMOUNT})\\s+(?:(?:in|for|from|of|on|by|im|für|aus|von|bei|auf|dans|pour|de|à|en|para|au)\\s+)?(?:(?:the|our|der|die|das|den|dem|le|la|les|el|los|las)\\s+)?(?<label>(?:19|20)\\d\\d|[\\p{L}][^\\d]*)$`,
  'iu',
)
/** A digit that begins a number: not that of Q3. */
const number = /(?<![\p{L}\d])\d/u
const numberButYear = /(?<![\p{L}\d])(?!(?:19|20)\d\d(?!\d))\d/u

/** Reads one sentence, or some lines. `hasLead` is true if a colon or a dash stands before the list. */
export function listIn(text: string, language: Language): Found {
  const { body, isLed } = withoutLead(text)
  const pieces = piecesOf(body, language)
  const last = pieces.map((piece) => pairOf(piece, numberLast, language))
  const first = pieces.map((piece) => pairOf(piece, numberFirst, language))
  const isFirst = count(first) > count(last)
  const read = isFirst ? first : last
  const pairs = trimmed(read.flatMap((pair) => pair ?? []))
  if (pairs.length === 0) return { pairs, isUnsure: isLed && pieces.filter(isShortPair).length >= 2 }
  const unread = pieces.some((piece, at) => !read[at] && number.test(piece))
  const lead = pieces[0] ?? ''
  const isSure = isFirst
    ? (isLed && pairs.length >= 2) || (pairs.length >= 3 && quantityVerb.test(text))
    : pairs.length >= 2 || isMarked(pairs[0]!, lead, isLed)
  const isPlain = pairs.every((pair) => isLabel(pair.label)) && !areDates(pairs)
  return isSure && isPlain && !unread ? { pairs, isUnsure: false } : { pairs: [], isUnsure: true }
}

/** One pair counts alone if it says so: "north: 120", "apples=3", or alone behind a colon. */
const isMarked = (pair: Pair, piece: string, isLed: boolean) =>
  isLed ||
  /[:=]\s*[-+−]?[€$£]?\s?\d/.test(piece) ||
  (pair.unit !== '' && piece.toLowerCase().startsWith(pair.label.toLowerCase()))

/** "I 5", "revenue grew 12 %": a number with a word or two that is no label. */
const isShortPair = (piece: string) => piece.split(/\s+/).length <= 4 && new RegExp(`(?:${AMOUNT})$`, 'iu').test(piece)

const count = (pairs: (Pair | null)[]) => pairs.filter(Boolean).length

/** What stands behind the last colon or dash that begins a list. */
function withoutLead(text: string): { body: string; isLed: boolean } {
  const parts = text.split(
    /\s?:\s+(?=[^\d\s€$£+-]|(?:19|20)\d\d(?:\s\p{L}|\s?[:=]))|\s?:\n|\s[-–—]\s(?=\p{L}[^,;]*\d)/u,
  )
  const at = parts.findIndex((part) => numberButYear.test(part))
  if (parts.length < 2 || at < 0) return { body: text, isLed: parts.length > 1 }
  return { body: parts.slice(at).join(', '), isLed: at > 0 }
}

/** Converts number words of several parts ("one hundred and twenty") before the text is split at "and". */
const compound = new RegExp(`(?=[\\p{L}]+[- ])${NUMBER_WORDS}`, 'giu')

function piecesOf(text: string, language: Language): string[] {
  return text
    .replace(compound, (words) => (/[\s-]/.test(words) ? String(numberOf(words, language)) : words))
    .split(/\s[-–—•]\s|^[-–—•*]\s|[;\n|]|,(?!\d)|\s\/\s|\s(?:and|und|sowie|et|plus|&)\s|\sy\s(?=\p{L})/imu)
    .map((piece) => spelled(piece.trim().replace(/[.!]$/, ''), language))
    .flatMap(unstrung)
    .filter(Boolean)
}

function pairOf(piece: string, pattern: RegExp, language: Language): Pair | null {
  const match = pattern.exec(pattern === numberFirst ? piece : withoutTail(piece))
  const label = match && labelIn(match.groups!.label!, pattern === numberFirst)
  return label ? { ...amountOf(match, language), label } : null
}

/** "95 as slides, please": the list is over, and the request goes on. */
const withoutTail = (piece: string) =>
  piece.replace(
    /(?<=[\d%€$£k)])\s+(?:as|in|into|for|als|in form|en|sous|como|please|bitte|s['’]il|por favor)\s[^\d]*$|(?<=[\d%€$£k)])\s+(?:please|bitte|svp)$/iu,
    '',
  )

/** The words next to the number, back to the first word that cannot be part of a label. */
function labelIn(text: string, isBehind: boolean): string {
  const words = text
    .replace(/["“”„«»*•]/g, ' ')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
  if (isBehind) return words.length <= 3 && isLabel(words.join(' ')) ? words.join(' ') : ''
  if (words.some((word) => word.includes('\u2400'))) return ''
  if (words.length === 1 && isNameAlone(words[0]!)) return words[0]!
  const start = words.findLastIndex((word, at) => isNoLabel(word, at) && !isInside(words, at))
  const label = words.slice(start + 1).join(' ')
  // "we hired 5" is a sentence
  if (
    start >= 0 &&
    label &&
    isPronoun(words[start]!) &&
    !/^(?:that|those|these|this|die|der|das|le|la|les)$/i.test(words[start]!)
  )
    return ''
  return label && (!isArticle(label) || /^[A-Z]$/.test(label)) ? label : ''
}

/** "cost of sales": a little word between two words of a label. */
const isInside = (words: string[], at: number) =>
  at > 0 &&
  at < words.length - 1 &&
  /^(?:of|de|du|des|für|für|per|à)$/iu.test(words[at]!) &&
  !isNoLabel(words[at - 1]!, at - 1)

/** "Q3 sales north, south, west": the first label contains words of the sentence; the others show how long a label is. */
function trimmed(pairs: Pair[]): Pair[] {
  const [first, ...rest] = pairs
  const longest = Math.max(...rest.map((pair) => pair.label.split(' ').length))
  return [
    ...(first ? [rest.length > 0 ? { ...first, label: first.label.split(' ').slice(-longest).join(' ') } : first] : []),
    ...rest,
  ].map((pair) => ({ ...pair, label: capitalised(pair.label) }))
}

/** "north 120 south 80 west 95" without commas: each number ends a pair, and nothing is left over. */
function unstrung(piece: string): string[] {
  const text = withoutTail(piece.replace(/\s+/g, ' '))
  const pairs = text.match(/[\p{L}][\p{L} ]*?[ :=]+[€$£]?\d[\d.,]*\s?(?:k?[€$£%](?!\p{L})|k(?!\p{L}))?(?=\s|$)/gu) ?? []
  return pairs.length > 1 && pairs.join(' ').length >= text.length - 1 ? pairs : [piece]
}

/** Number words become digits if a piece has no digits and ends with them: "north eighty". */
function spelled(piece: string, language: Language): string {
  if (/\d/.test(piece)) return piece
  return piece.replace(new RegExp(`\\s${NUMBER_WORDS}$`, 'iu'), (words) => ` ${numberOf(words.trim(), language)}`)
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const monthOf = (label: string) =>
  months.indexOf(
    label
      .toLowerCase()
      .replace('ä', 'a')
      .replace(/^mai/, 'may')
      .replace(/^ok/, 'oc')
      .replace(/^dez/, 'dec')
      .slice(0, 3),
  )

/** "Mar 3, May 10" are dates, unless the months follow each other: "Jan 10, Feb 12". */
function areDates(pairs: Pair[]): boolean {
  const at = pairs.map((pair) => monthOf(pair.label))
  if (at.some((month) => month < 0) || pairs.some((pair) => pair.unit || pair.value > 31)) return false
  return pairs.length < 2 || at.some((month, index) => index > 0 && month !== (at[index - 1]! + 1) % 12)
}
