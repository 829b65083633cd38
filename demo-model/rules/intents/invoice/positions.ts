/** The positions of an invoice in a person's words: "3 hours of consulting at €120, 2 x hosting 50 €, travel 80 €". */
import { AMOUNT, type Amount, amountOf } from '../../figures/amounts.ts'
import { capitalised, type Language } from '../../language/language.ts'
import { DIGITS, NUMBER_WORDS, numberOf } from '../../language/numbers.ts'

export interface Position {
  text: string
  quantity: number
  /** "hours", "Stück"; '' if none is given. */
  per: string
  /** Price of one, in the invoice's currency. */
  price: number
}

export interface Bill {
  positions: Position[]
  currency: string
  /** In percent; null if the words do not say. */
  vat: number | null
  /** True if the prices hold the VAT already. */
  isGross: boolean
  /** Pieces with numbers that could not be understood, or are in another currency. */
  unclear: string[]
}

const per =
  'hours?|hrs?|h|days?|months?|weeks?|pieces?|pcs|units?|licen[cs]es?|stunden?|std\\.?|tage?|monate?|wochen?|stück|stk\\.?|heures?|jours?|mois|semaines?|unités?|pièces?|horas?|días?|meses|mes|semanas?|unidades|piezas?'
const each =
  "(?:\\s*(?:each|per (?:hour|day|month|piece|unit)|an hour|a day|/ ?(?:h|hour|std|stunde|day|tag)|je(?: stunde| stück)?|pro (?:stunde|tag|stück|monat)|chacun[e]?|l[’']heure|par (?:heure|jour|mois)|cada un[oa]|por (?:hora|día|mes)|la hora))?"
const at = '(?:à|a|at|@|je|zu|zum preis von|for|für|pour|por|mit|x|×|mal|de)'
const price = `(?:${AMOUNT})`
const word = `(?:${DIGITS}|${NUMBER_WORDS})`

const percent = '(?:%|percent|per cent|prozent|pour ?cent|por ?ciento)'
const vatWord = '(?:vat|tva|iva|mwst|ust|mehrwertsteuer|umsatzsteuer|(?:sales )?tax|gst|m\\.w\\.st)\\.?'
const vatPatterns = [
  new RegExp(
    `(?:(?:plus|zzgl\\.?|zuzüglich|with|mit|avec|con|más|and|und|et|y|including|inkl\\.?)\\s+)?(${DIGITS})\\s?${percent}\\s*(?:de\\s+|d['’])?${vatWord}`,
    'iu',
  ),
  new RegExp(`${vatWord}\\s*(?:of|von|de|:|rate|at|à)?\\s*(${DIGITS})\\s?${percent}`, 'iu'),
]
const noVat = new RegExp(`(?:no|without|ohne|keine|sans|sin|0 ?% )\\s*${vatWord}|kleinunternehmer`, 'iu')
const gross =
  /(?<![\p{L}])(?:incl(?:uding|\.)?|inkl\.?|inklusive|brutto|gross|ttc|incluid[oa]|included|comprise?)(?![\p{L}])/iu

/** Prices are net unless the words say otherwise. */
const net = /(?<![\p{L}])(?:netto|net|ht|hors taxes|neto)(?![\p{L}])/giu

export function billIn(text: string, language: Language): Bill {
  const vat = vatPatterns.map((pattern) => pattern.exec(text)).find((match) => match !== null)
  const rest = (vat ? text.replace(vat[0], ' ') : text.replace(noVat, ' ')).replace(gross, ' ').replace(net, ' ')
  const positions: (Position & { currency: string })[] = []
  const unclear: string[] = []
  for (const piece of piecesOf(rest)) {
    const position = positionIn(piece, language)
    if (position) positions.push(position)
    else if (/\d/.test(piece)) unclear.push(piece)
  }
  const currencies = new Set(positions.map((position) => position.currency).filter(Boolean))
  const currency = [...currencies][0] ?? ''
  if (currencies.size > 1) unclear.push([...currencies].join(' / '))
  const rate = vat ? numberOf(vat[1]!, language) : noVat.test(text) ? 0 : null
  return { positions, currency, vat: rate, isGross: rate !== null && gross.test(text), unclear }
}

const piecesOf = (text: string) =>
  text
    .split(/[;\n]|,(?!\d)|\s(?:and|und|sowie|plus|et)\s(?=\S)|\sy\s(?=[\d\p{L}])|^\s*[-–•*]\s/imu)
    .map((piece) =>
      piece
        .trim()
        .replace(/[.]$/, '')
        .replace(/^(?:and|und|et|y|plus)\s+/iu, ''),
    )
    .filter((piece) => piece !== '')

const forms = [
  // 10 hours at 50
  `^(?<count>${word})\\s*(?<text>(?<per>${per})(?![\\p{L}]))\\s*${at}\\s*${price}${each}$`,
  // 3 hours of consulting at €120
  `^(?<count>${word})\\s*(?:x|×|mal)?\\s*(?<per>${per})?(?![\\p{L}])\\s*(?:(?:of|de|d['’]|von)\\s*)?(?<text>\\p{L}.*?)\\s*(?:\\s${at}|:|,|\\()?\\s*${price}${each}\\)?$`,
  // consulting 3 x 120 €; consulting, 3 hours at 120 €; consulting (3 h à 120 €)
  `^(?<text>\\p{L}.*?)[\\s:(,–-]+(?<count>${word})\\s*(?<per>${per})?(?![\\p{L}])\\s*${at}\\s*${price}${each}\\)?$`,
  // 120 € for travel
  `^${price}\\s+(?:for|für|pour|de|por|para)\\s+(?<text>\\p{L}.*)$`,
  // travel 80 €
  `^(?<text>\\p{L}.*?)[\\s:=(–-]+(?:${at}\\s+)?${price}\\)?$`,
].map((form) => new RegExp(form, 'iu'))

function positionIn(piece: string, language: Language): (Position & { currency: string }) | null {
  for (const form of forms) {
    const match = form.exec(piece)
    const position = match && read(match, language)
    if (position) return position
  }
  return null
}

function read(match: RegExpExecArray, language: Language): (Position & { currency: string }) | null {
  const { text, count, per } = match.groups as Record<string, string | undefined>
  const amount: Amount = amountOf(match, language)
  const isMoney = /^k?(?:[€$£]|CHF)?$/.test(amount.unit)
  const isPlain = !/\d/.test(text ?? '') || /^[^\d]*\p{L}\d+|\b(?:19|20)\d\d\b/u.test(text ?? '')
  if (!text || !isMoney || !isPlain || amount.value < 0) return null
  const factor = amount.unit.startsWith('k') ? 1000 : 1
  return {
    text: capitalised(
      text
        .trim()
        .replace(/^(?:of|de|d['’]|von)\s+/iu, '')
        .replace(/[\s:,–(-]+$/u, '')
        .replace(/\s(?:zu|at|à|a|je|for|für|pour|por|mit|de)$/iu, ''),
    ),
    quantity: count ? numberOf(count, language) : 1,
    per: per ?? '',
    price: amount.value * factor,
    currency: amount.unit.replace(/^k/, ''),
  }
}
