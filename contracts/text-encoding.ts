/**
 * Reads the text of a file without a declared encoding. If it is not Unicode, the encoding is guessed from the bytes, and tools
 * and previews say that it is a guess. Libraries that guess expect long prose, and fail on short tables.
 */
export interface DecodedText {
  text: string
  /** A name that `TextDecoder` knows, such as `windows-1250`. */
  encoding: string
  /** False for Unicode, which is recognised for certain. */
  isGuess: boolean
}

const SAMPLE_BYTES = 65_536

/** Undefined if the bytes are not text. */
export function decodeText(bytes: Uint8Array): DecodedText | undefined {
  const unicode = unicodeOf(bytes)
  if (unicode) return unicode
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  if (bytes.includes(0) || !isMostlyPrintable(sample)) return undefined
  const encoding = guess(sample)
  return { text: new TextDecoder(encoding).decode(bytes), encoding, isGuess: true }
}

function unicodeOf(bytes: Uint8Array): DecodedText | undefined {
  const encoding = unicodeEncoding(bytes)
  const text = encoding && decoded(bytes, encoding)
  if (encoding === undefined || text === undefined) return undefined
  // without a byte order mark, UTF-16 must look like text
  return encoding === 'utf-8' || !hasControls(text) ? { text, encoding, isGuess: false } : undefined
}

/** Uses the byte order mark, or else the positions of the zero bytes of common letters. */
function unicodeEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  if (!sample.includes(0)) return 'utf-8'
  if (bytes.length % 2 === 1) return undefined
  const zeros = [0, 0]
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2]! += 1
  if (zeros[0] === 0) return 'utf-16le'
  return zeros[1] === 0 ? 'utf-16be' : undefined
}

function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Control characters other than tabs and line ends, and code points without a character. */
const hasControls = (text: string) => /[\p{Cc}\p{Cn}\p{Co}]/u.test(text.slice(0, SAMPLE_BYTES).replace(/[\t\n\r]/g, ''))

/** True for text in an old encoding, false for binary data. */
function isMostlyPrintable(sample: Uint8Array): boolean {
  const strange = sample.filter((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13).length
  return strange <= sample.length / 100
}

/** Other scripts than Latin have runs of high bytes; in Latin text, high bytes stand alone between others. */
function guess(sample: Uint8Array): string {
  const runs =
    Array.from(sample, (byte) => (byte < 0x80 ? ' ' : 'x'))
      .join('')
      .match(/x+/g) ?? []
  const length = (all: string[]) => all.reduce((sum, run) => sum + run.length, 0)
  const isLatin = length(runs.filter((run) => run.length >= 3)) < length(runs) / 2
  // the second byte of a Japanese character is often not a high byte
  const scorers = isLatin ? [...latin, shiftJis] : [shiftJis, ...wide, ...scripts]
  const scores = scorers.map((one) => one(sample))
  return scores.reduce((best, one) => (one.score > best.score ? one : best)).encoding
}

type Scorer = (sample: Uint8Array) => { encoding: string; score: number }

/** For encodings with two bytes per character: the share of common characters that are next to another one. */
const shiftJis = wideScorer('shift_jis', ([a, b]) => (a >= 0x82 && a <= 0x83 && b >= 0x40) || (a >= 0x88 && a <= 0x97))
const wide: Scorer[] = [
  wideScorer('euc-kr', ([a, b]) => a >= 0xb0 && a <= 0xc8 && b >= 0xa1, 6),
  wideScorer('gb18030', ([a, b]) => a >= 0xb0 && a <= 0xd7 && b >= 0xa1),
  wideScorer('big5', ([a]) => a >= 0xa4 && a <= 0xc6),
  wideScorer('euc-jp', ([a, b]) => (a === 0xa4 || a === 0xa5 || (a >= 0xb0 && a <= 0xcf)) && b >= 0xa1),
]

/** `atLeast` is the number of characters that is needed to tell the encoding from similar ones. */
function wideScorer(encoding: string, isCommon: (pair: [number, number]) => boolean, atLeast = 1): Scorer {
  return (sample) => {
    if (!isValid(sample, encoding)) return { encoding, score: 0 }
    let pairs = 0
    let common = 0
    for (let at = 0; at + 1 < sample.length; at++) {
      if (sample[at]! < 0x81) continue
      pairs++
      const hasNeighbour = (sample[at - 2] ?? 0) >= 0x81 || (sample[at + 2] ?? 0) >= 0x81
      if (hasNeighbour && isCommon([sample[at]!, sample[at + 1]!])) common++
      at++
    }
    return { encoding, score: pairs < atLeast ? 0 : common / pairs }
  }
}

/** The sample may end inside a character. */
function isValid(sample: Uint8Array, encoding: string): boolean {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: true }) !== ''
  } catch {
    return false
  }
}

/** Capital letters are less frequent. */
const CAPITALS_COUNT = 0.7
/** The common letters make up about two thirds of a text. */
const SHARE_TO_SCORE = 1.4
/** For encodings with one byte per character: the share of letters that are the most common ones of the language. */
const scripts: Scorer[] = [
  scriptScorer('windows-1251', 'оеаинтсрвлкм'),
  scriptScorer('koi8-r', 'оеаинтсрвлкм'),
  scriptScorer('windows-1253', 'αοιετσνηυρςάόί'),
  scriptScorer('windows-1255', 'יוהלאמרתבש'),
  scriptScorer('windows-1256', 'اليمنوترةبع'),
  scriptScorer('windows-874', 'านรกอเงยลมดท่้ี'),
]

function scriptScorer(encoding: string, letters: string): Scorer {
  const capitals = letters.toUpperCase() === letters ? '' : letters.toUpperCase()
  return (sample) => {
    const share = shareOf(sample, encoding, letters) + CAPITALS_COUNT * shareOf(sample, encoding, capitals)
    return { encoding, score: share * SHARE_TO_SCORE }
  }
}

const languages = {
  'windows-1252': [
    'äöüßÄÖÜ',
    'àâçéèêëîïôùûüœÉÈÀÇ',
    'áéíñóúüÁÉÍÑÓÚ¿¡',
    'ãáâàçéêíóôõúÃÇÉ',
    'àèéìòùÈ',
    'åäöæøéÅÄÖÆØ',
    'éëïóöèü',
  ],
  'windows-1250': [
    'áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ',
    'áäčďéíĺľňóôŕšťúýžÁČĎĽŠŤŽ',
    'ąćęłńóśźżĄĆĘŁŃÓŚŹŻ',
    'áéíóöőúüűÁÉÍÓÖŐÚÜŰ',
    'čćđšžČĆĐŠŽ',
    'ăâîşţĂÂÎŞŢ',
  ],
  'windows-1254': ['çğıöşüâîÇĞİÖŞÜ'],
}

/** For Latin letters with accents: the share of them that belong to the language that matches best. */
const latin: Scorer[] = Object.entries(languages).map(([encoding, alphabets]) => (sample) => ({
  encoding,
  score: Math.max(...alphabets.map((alphabet) => shareOf(sample, encoding, `${alphabet}${SIGNS}`))),
}))

/** These have the same code in all of these encodings. */
const SIGNS = '€‚„…†‡‰‹‘’“”•–—™› §©«¬­®°±´µ¶·»'

/** The share of the characters beyond ASCII that is in `letters`. */
function shareOf(sample: Uint8Array, encoding: string, letters: string): number {
  const wanted = new Set(letters)
  const high = [...new TextDecoder(encoding).decode(sample)].filter((letter) => letter > '\x7f')
  return high.length === 0 ? 0 : high.filter((letter) => wanted.has(letter)).length / high.length
}
