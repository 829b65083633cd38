/** Sums and percentages. The whole question must be one: any word that is no part of it makes the rule keep silent. */
import { AMOUNT, amountOf } from '../../figures/amounts.ts'
import type { Goal } from '../../goal.ts'
import type { Language } from '../../language/language.ts'
import { formatNumber, numberOf } from '../../language/numbers.ts'
import type { Request } from '../../request.ts'
import { calculate, type Fraction, toNumber } from './arithmetic.ts'

/** Words that a question about a sum may have besides the sum. */
const filler =
  /(?<![\p{L}])(?:what(?:['’]?s)?|is|are|how much|how many|calculate|compute|work out|please|can you|could you|tell me|me|the|result|answer|of|equals?|does|make|a|an|hi|hello|was|ist|sind|ergibt|ergeben|wie ?viel|rechne|berechne|aus|bitte|mir|die|das|der|den|gibt|macht|kannst du|quel|quelle|combien|font|fait|est|sont|calcule[rz]?|s['’]il (?:te|vous) plaît|le|la|les|du|de|des|c['’]est quoi|cuánto|cuanto|cuál|es|son|calcula|el|los|por favor|que|qué|da|una?|résultat|resultado|ergebnis)(?![\p{L}])|[?!=:.,¿¡]/giu

const P = '(?:%|percent|per cent|prozent|pour ?cent|por ?ciento)'
const OF = '(?:of|von|vom|aus|de|del|du|des|sur|sobre)'
const N = AMOUNT.replaceAll(/\(\?<(?:sign|lead|digits|scale|unit)>/g, '(?:')
const TAX = '(?:\\s*(?:de\\s+|of\\s+)?(?:vat|tax|mwst\\.?|mehrwertsteuer|ust\\.?|tva|iva|gst|tip|trinkgeld|service))?'

interface Read {
  /** As people read it: "17 % of 340". */
  label: string
  value: number
  unit: string
}
type Rule = [pattern: string, read: (parts: Part[], words: string) => { value: number; unit?: string } | null]
interface Part {
  value: number
  unit: string
}

const money = (...parts: Part[]) => parts.map((part) => part.unit).find((unit) => unit && unit !== '%') ?? ''

const rules: Rule[] = [
  // 15 % of 240
  [
    `(${N})\\s*${P}?${TAX}\\s*(?:${OF}|on)\\s*(${N})`,
    ([rate, base]) => (rate!.unit === '%' ? { value: (base!.value * rate!.value) / 100, unit: money(base!) } : null),
  ],
  // what percent of 200 is 50; qué porcentaje de 200 es 50
  [
    `(?:percent(?:age)?|prozent(?:satz)?|pourcentage|porcentaje)\\s*${OF}\\s*(${N})\\s*(?:is|are|sind|ist|représente(?:nt)?|es|son|font)\\s*(${N})`,
    ([whole, part]) => percent(part!, whole!),
  ],
  // 50 is what percent of 200; wie viel Prozent sind 50 von 200
  [
    `(?:percent(?:age)?|prozent|pourcentage|porcentaje)?\\s*(?:is|are|sind|ist|es|son|représente(?:nt)?)?\\s*(${N})\\s*(?:is|are)?\\s*(?:what\\s*)?(?:percent(?:age)?|prozent)?\\s*${OF}\\s*(${N})`,
    ([part, whole], words) =>
      /percent|prozent|pourcentage|porcentaje/i.test(words) && part!.unit !== '%' ? percent(part!, whole!) : null,
  ],
  // the change from 80 to 100
  [
    `(?:percent(?:age)?\\s*)?(?:increase|decrease|change|growth|rise|drop|difference|veränderung|steigerung|zuwachs|wachstum|anstieg|rückgang|évolution|augmentation|hausse|baisse|croissance|variation|aumento|incremento|crecimiento|variación|descenso|prozentuale?|en|in|percent|%|pourcentage|porcentaje|porcentual|\\s)*(?:from|von|de)\\s*(${N})\\s*(?:to|auf|à|a)\\s*(${N})(?:\\s*in\\s*(?:percent|%|prozent))?`,
    ([from, to], words) =>
      /increase|decrease|change|growth|rise|drop|änderung|steigerung|zuwachs|wachstum|anstieg|rückgang|volution|augmentation|hausse|baisse|croissance|variation|aumento|incremento|crecimiento|variación|descenso|percent|prozent|pourcentage|porcent/i.test(
        words,
      ) && from!.value !== 0
        ? { value: ((to!.value - from!.value) / Math.abs(from!.value)) * 100, unit: '%' }
        : null,
  ],
  // 20 % off 80
  [
    `(${N})\\s*${P}?\\s*(?:off|discount on|discount off|rabatt auf|nachlass auf|de remise sur|de réduction sur|de descuento sobre|de descuento en|de descuento a)\\s*(${N})`,
    ([rate, base]) =>
      rate!.unit === '%' ? { value: base!.value * (1 - rate!.value / 100), unit: money(base!) } : null,
  ],
  // 240 plus 19 % VAT
  [
    `(?:add\\s*)?(${N})\\s*(?:\\+|plus|zuzüglich|zzgl\\.?|más|with|mit|avec|con)\\s*(${N})\\s*${P}?${TAX}`,
    ([base, rate]) =>
      rate!.unit === '%' && base!.unit !== '%'
        ? { value: base!.value * (1 + rate!.value / 100), unit: money(base!) }
        : null,
  ],
  // add 19 % VAT to 240
  [
    `(?:add|addiere|ajoute[rz]?|añade|suma)\\s*(${N})\\s*${P}?${TAX}\\s*(?:to|on|zu|à|a|sur)\\s*(${N})`,
    ([rate, base]) =>
      rate!.unit === '%' ? { value: base!.value * (1 + rate!.value / 100), unit: money(base!) } : null,
  ],
  // 240 minus 20 %
  [
    `(${N})\\s*(?:-|−|minus|less|abzüglich|moins|menos)\\s*(${N})\\s*${P}?`,
    ([base, rate]) =>
      rate!.unit === '%' && base!.unit !== '%'
        ? { value: base!.value * (1 - rate!.value / 100), unit: money(base!) }
        : null,
  ],
]

function percent(part: Part, whole: Part): { value: number; unit: string } | null {
  return whole.value === 0 ? null : { value: (part.value / whole.value) * 100, unit: '%' }
}

export function sumIntent({ task, language, say }: Request): Goal | null {
  const text = task.trim()
  if (text.length > 300 || !/\d/.test(text)) return null
  const read = withPercent(text, language) ?? listSum(text, language) ?? plainSum(text, language)
  if (!read) return null
  const least = /^(?:[€$£]|CHF)$/.test(read.unit) && !Number.isInteger(read.value) ? 2 : 0
  const number = formatNumber(read.value, language, { least, most: least || 6 })
  const scaled = read.value * (least ? 100 : 1e6)
  const isRounded = Math.abs(scaled - Math.round(scaled)) > 1e-4
  const result = `**${[number, read.unit].filter(Boolean).join(' ')}**${isRounded ? say(rounded) : ''}`
  return { kind: 'say', text: isWords.test(read.label) ? `${text}\n\n${result}` : `${read.label} = ${result}` }
}

/** A label that asks in words is repeated whole. */
const isWords = /percent(?:age)?(?![\p{L}])|prozent|pourcentage|porcentaje|from|von .* auf/iu
const rounded = { en: ' (rounded)', de: ' (gerundet)', fr: ' (arrondi)', es: ' (redondeado)' }

const isOnlyFiller = (rest: string) => rest.replace(filler, ' ').trim() === ''

function withPercent(text: string, language: Language): Read | null {
  for (const [pattern, read] of rules) {
    const match = new RegExp(pattern, 'iu').exec(text)
    if (
      !match ||
      !isOnlyFiller(
        text
          .replace(match[0], ' ')
          .replace(
            /what percent(?:age)?|(?:wie ?viel )?prozent|quel pourcentage|qué porcentaje|percentage|the|in percent/giu,
            ' ',
          ),
      )
    )
      continue
    const parts = match.slice(1, 3).map((part) => partOf(part!, language))
    const result = parts.every((part) => part !== null) ? read(parts, text) : null
    if (result) return { label: labelOf(match[0]), value: result.value, unit: result.unit ?? '' }
  }
  return null
}

const labelOf = (text: string) =>
  text
    .replace(/^(?:is|are|sind|ist|es|son)\s+/iu, '')
    .replace(/\s+/g, ' ')
    .trim()

function partOf(text: string, language: Language): Part | null {
  const match = new RegExp(`^(?:${AMOUNT})`, 'iu').exec(text.trim())
  return match && amountOf(match, language)
}

const total = (list: number[]) => Math.round(list.reduce((sum, value) => sum + value, 0) * 1e9) / 1e9

const means: [RegExp, (numbers: number[]) => number][] = [
  [
    /(?<![\p{L}])(?:average|mean|durchschnitt|mittelwert|moyenne|media|promedio)(?![\p{L}])/iu,
    (list) => total(list) / list.length,
  ],
  [/(?<![\p{L}])(?:median|mediane?|médiane|mediana)(?![\p{L}])/iu, median],
  [
    /(?<![\p{L}])(?:maximum|max|largest|biggest|größte|plus grand|mayor|máximo)(?![\p{L}])/iu,
    (list) => Math.max(...list),
  ],
  [/(?<![\p{L}])(?:minimum|min|smallest|kleinste|plus petit|menor|mínimo)(?![\p{L}])/iu, (list) => Math.min(...list)],
  [/(?<![\p{L}])(?:sum|total|add up|summe|gesamtsumme|somme|suma)(?![\p{L}])/iu, total],
]
function median(list: number[]): number {
  const sorted = [...list].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** "the average of 3, 4 and 8" */
function listSum(text: string, language: Language): Read | null {
  const kind = means.find(([pattern]) => pattern.test(text))
  const numbers = [...text.replace(/,(?=\d)/g, language === 'en' ? ', ' : ',').matchAll(new RegExp(AMOUNT, 'giu'))].map(
    (match) => amountOf(match, language),
  )
  if (!kind || numbers.length < 2 || new Set(numbers.map(({ unit }) => unit)).size > 1) return null
  const rest = text
    .replace(new RegExp(AMOUNT, 'giu'), ' ')
    .replace(kind[0], ' ')
    .replace(/(?<![\p{L}])(?:and|und|et|y|e|numbers?|zahlen|nombres|números)(?![\p{L}])/giu, ' ')
    .replace(/;/g, ' ')
  if (!isOnlyFiller(rest)) return null
  const word = kind[0].exec(text)![0]
  const { unit } = numbers[0]!
  return {
    label: `${word} (${numbers.map((number) => number.written).join('; ')})`,
    value: kind[1](numbers.map(({ value }) => value)),
    unit,
  }
}

const operators: [RegExp, string][] = [
  [
    /(?<=[\d)]\s*)(?:x|×|·|times|multiplied by|mal|multipliziert mit|fois|multiplié par|por|multiplicado por)(?=\s*[\d(-])/giu,
    '*',
  ],
  [
    /(?<=[\d)]\s*)(?:÷|divided by|over|geteilt durch|durch|divisé par|dividido (?:entre|por)|entre)(?=\s*[\d(-])/giu,
    '/',
  ],
  [/(?<=[\d)]\s*)(?:plus|más|und)(?=\s*[\d(-])/giu, '+'],
  [/(?<=[\d)]\s*)(?:minus|moins|menos|−|–)(?=\s*[\d(-])/giu, '-'],
  [/(?<=[\d)]\s*)(?:\*\*|to the power of|hoch|puissance|elevado a)(?=\s*[\d(-])/giu, '^'],
  [
    /(?:the )?square root of|(?:die )?(?:quadrat)?wurzel (?:aus|von)|(?:la )?racine carrée de|(?:la )?raíz cuadrada de|√/giu,
    'sqrt ',
  ],
]

/** "17*23", "(3 + 4) * 12", "12 mal 7". */
function plainSum(text: string, language: Language): Read | null {
  const words = operators.reduce((rest, [pattern, sign]) => rest.replace(pattern, sign), text)
  const match = /(?:sqrt\s*)?[(-]*\s*\d[\d.,\u00a0\u202f]*(?:[-+*/^)(\s]+(?:sqrt\s*)?\d[\d.,\u00a0\u202f]*)*\)*/u.exec(
    words,
  )
  const written = match?.[0].trim().replace(/[.,]$/, '') ?? ''
  if (!/[-+*/^]|sqrt/.test(written) || /^\d{1,4}(?:[-/]\d{1,4}){2}$/.test(written) || !match) return null
  if (!isOnlyFiller(words.replace(match[0], ' '))) return null
  const plain = written.replace(/\d[\d.,\u00a0\u202f]*/g, (digits) => String(numberOf(digits, language)))
  const value: Fraction | null = calculate(plain)
  return value && { label: written.replace('sqrt ', '√'), value: toNumber(value), unit: '' }
}
