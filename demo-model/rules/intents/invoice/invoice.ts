/** An invoice as a PDF or a sheet: positions, VAT and total. What it is not told stays blank, and it says so. */
import { outputsOf } from '../../documents/outputs.ts'
import { escaped, tableRow } from '../../documents/pdf.ts'
import type { Goal, Step } from '../../goal.ts'
import { capitalised, type Language, type Say, slug } from '../../language/language.ts'
import { formatMoney, formatNumber } from '../../language/numbers.ts'
import { materialIn, type Request } from '../../request.ts'
import { type Bill, billIn } from './positions.ts'

const noun = '(?:invoice|bill|rechnung|facture|factura)'
const wanted = new RegExp(`(?<![\\p{L}])${noun}(?![\\p{L}])`, 'iu')
const recipient = new RegExp(
  `${noun}\\s+(?:no\\.?\\s*\\S+\\s+)?(?:for|to|an|für|pour|à|para|a)\\s+(?:(?:the|our|my|client|customer|kunde[n]?|die|den|unsere[nr]?|le client|el cliente)\\s+)*([^:,\\n]+?)(?=\\s*(?::|,|\\n|$|\\s(?:for|für|pour|por|over|über|with|mit|avec|con|about)\\s))`,
  'iu',
)
const numberGiven =
  /(?:invoice|rechnung|facture|factura)s?[- ]?(?:no\.?|number|nr\.?|nummer|n°|número)\s*:?\s*([\w/-]*\d[\w/-]*)/iu
const MAX_QUESTIONS = 3

export function invoiceIntent(request: Request): Goal | null {
  const { instruction, task, talk, language, say, material } = request
  // a deck or a report on invoices is no invoice
  if (
    !wanted.test(instruction) ||
    outputsOf(instruction).includes('deck') ||
    /(?<![\p{L}])(?:template|list|track|vorlage|liste|modèle|plantilla|lista)/iu.test(instruction)
  )
    return null
  const words = [bodyOf(task), ...talk.answers, ...material].join('\n')
  const bill = billIn(words.replace(numberGiven, ' '), language)
  const question = missingIn(bill, say)
  if (question) {
    return talk.answers.length < MAX_QUESTIONS
      ? { kind: 'ask', ...question }
      : { kind: 'limit', message: say(notUnderstood) }
  }
  const to = recipient.exec(task)?.[1]?.trim() ?? ''
  const invoice = { bill, to, number: numberGiven.exec(task)?.[1] ?? '' }
  const steps = outputsOf(instruction).includes('sheet')
    ? [sheetStep(invoice, language, say)]
    : [pdfStep(invoice, language, say)]
  return { kind: 'do', steps, remark: remarkOf(bill, language, say) }
}

/** Behind the colon, or behind the recipient: "an invoice for Acme for 3 hours at 100 €". */
function bodyOf(task: string): string {
  const behind = materialIn(task)
  if (/\d/.test(behind)) return behind
  const match = recipient.exec(task)
  const rest = match ? task.slice(match.index + match[0].length) : task.replace(wanted, ' ')
  return rest.replace(/^[\s,:]*(?:for|für|pour|por|over|über|with|mit|avec|con)\s+/iu, '')
}

interface Invoice {
  bill: Bill
  to: string
  number: string
}

function missingIn({ positions, unclear, vat }: Bill, say: Say): { question: string; options?: string[] } | null {
  if (unclear.length > 0) {
    const piece = unclear[0]!.slice(0, 100)
    return {
      question: say({
        en: `I am not sure how to read “${piece}”. How many of what, at which price? For example “3 hours of consulting at €120”.`,
        de: `Ich bin nicht sicher, wie „${piece}“ gemeint ist. Wie viel wovon, zu welchem Preis? Zum Beispiel „3 Stunden Beratung à 120 €“.`,
        fr: `Je ne suis pas sûr de comprendre « ${piece} ». Combien de quoi, à quel prix ? Par exemple « 3 heures de conseil à 120 € ».`,
        es: `No estoy seguro de cómo leer «${piece}». ¿Cuánto de qué, y a qué precio? Por ejemplo «3 horas de consultoría a 120 €».`,
      }),
    }
  }
  if (positions.length === 0) return { question: say(whichPositions) }
  return vat === null ? { question: say(whichVat), options: [say(withoutVat)] } : null
}

const whichPositions = {
  en: 'What are the positions? For example “3 hours of consulting at €120, 19 % VAT”.',
  de: 'Welche Posten sind es? Zum Beispiel „3 Stunden Beratung à 120 €, 19 % MwSt“.',
  fr: 'Quels sont les postes ? Par exemple « 3 heures de conseil à 120 €, 20 % de TVA ».',
  es: '¿Cuáles son los conceptos? Por ejemplo «3 horas de consultoría a 120 €, 21 % de IVA».',
}
const whichVat = {
  en: 'Which rate of VAT shall I add? For example “19 % VAT”, or “no VAT”.',
  de: 'Welcher Steuersatz kommt dazu? Zum Beispiel „19 % MwSt“ oder „ohne MwSt“.',
  fr: 'Quel taux de TVA dois-je ajouter ? Par exemple « 20 % de TVA » ou « sans TVA ».',
  es: '¿Qué tipo de IVA añado? Por ejemplo «21 % de IVA» o «sin IVA».',
}
const withoutVat = { en: 'No VAT', de: 'Ohne MwSt', fr: 'Sans TVA', es: 'Sin IVA' }
const notUnderstood = {
  en: 'I could not understand the positions of the invoice, and I do not guess amounts.',
  de: 'Ich konnte die Posten der Rechnung nicht verstehen, und ich rate keine Beträge.',
  fr: 'Je n’ai pas pu comprendre les postes de la facture, et je ne devine pas de montants.',
  es: 'No pude entender los conceptos de la factura, y no adivino importes.',
}

const words = {
  invoice: { en: 'Invoice', de: 'Rechnung', fr: 'Facture', es: 'Factura' },
  number: { en: 'Invoice number', de: 'Rechnungsnummer', fr: 'Numéro de facture', es: 'Número de factura' },
  date: { en: 'Date', de: 'Datum', fr: 'Date', es: 'Fecha' },
  to: { en: 'To', de: 'An', fr: 'À', es: 'Para' },
  from: { en: 'From', de: 'Von', fr: 'De', es: 'De' },
  position: { en: 'Position', de: 'Posten', fr: 'Poste', es: 'Concepto' },
  quantity: { en: 'Quantity', de: 'Menge', fr: 'Quantité', es: 'Cantidad' },
  price: { en: 'Unit price', de: 'Einzelpreis', fr: 'Prix unitaire', es: 'Precio unitario' },
  amount: { en: 'Amount', de: 'Betrag', fr: 'Montant', es: 'Importe' },
  net: { en: 'Net', de: 'Netto', fr: 'Total HT', es: 'Base imponible' },
  vat: { en: 'VAT', de: 'MwSt', fr: 'TVA', es: 'IVA' },
  total: { en: 'Total', de: 'Gesamtbetrag', fr: 'Total TTC', es: 'Total' },
}
const BLANK = '\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_'

const cents = (value: number) => Math.round((value + Number.EPSILON * Math.sign(value)) * 100) / 100

/** Net, VAT and total, each rounded to cents. */
export function sumsOf({ positions, vat, isGross }: Bill) {
  const sum = cents(positions.reduce((total, { quantity, price }) => total + cents(quantity * price), 0))
  const rate = (vat ?? 0) / 100
  const net = isGross ? cents(sum / (1 + rate)) : sum
  const tax = isGross ? cents(sum - net) : cents(net * rate)
  return { net, tax, total: cents(net + tax) }
}

const titleOf = ({ to }: Invoice, say: Say) => (to ? `${say(words.invoice)} ${capitalised(to)}` : say(words.invoice))

function pdfStep(invoice: Invoice, language: Language, say: Say): Step {
  const { bill, to, number } = invoice
  const money = (value: number) => formatMoney(value, bill.currency, language)
  const sums = sumsOf(bill)
  const rate = formatNumber(bill.vat ?? 0, language)
  const lines = [
    `**${say(words.to)}:** ${escaped(to) || BLANK}  `,
    `**${say(words.from)}:** ${BLANK}  `,
    `**${say(words.number)}:** ${escaped(number) || BLANK}  `,
    `**${say(words.date)}:** ${BLANK}`,
    '',
    tableRow([say(words.position), say(words.quantity), say(words.price), say(words.amount)]),
    '|---|---:|---:|---:|',
    ...bill.positions.map(({ text, quantity, per, price }) =>
      tableRow([
        text,
        `${formatNumber(quantity, language)} ${per}`.trim(),
        money(price),
        money(cents(quantity * price)),
      ]),
    ),
    tableRow([say(words.net), '', '', money(sums.net)]),
    tableRow([`${say(words.vat)} ${rate} %`, '', '', money(sums.tax)]),
    tableRow([say(words.total), '', '', money(sums.total)]),
  ]
  const title = titleOf(invoice, say)
  return {
    tool: 'generate_pdf',
    query: 'generate pdf document report',
    title: say({ en: 'Make the invoice', de: 'Rechnung erstellen', fr: 'Faire la facture', es: 'Hacer la factura' }),
    arguments: { title, content: lines.join('\n'), filename: slug(title) },
  }
}

const currencyCodes = new Map([
  ['€', 'EUR'],
  ['$', 'USD'],
  ['£', 'GBP'],
  ['CHF', 'CHF'],
])

function sheetStep(invoice: Invoice, language: Language, say: Say): Step {
  const { bill } = invoice
  const sums = sumsOf(bill)
  const code = currencyCodes.get(bill.currency)
  const type = code ? { type: 'currency', currency: code } : { type: 'number', decimals: 2 }
  const last = bill.positions.length + 1
  const rate = `${say(words.vat)} ${formatNumber(bill.vat ?? 0, language)} %`
  const rows = [
    ...bill.positions.map(({ text, quantity, price }, at) => [
      text,
      quantity,
      price,
      { formula: `B${at + 2}*C${at + 2}` },
    ]),
    [say(words.net), null, null, bill.isGross ? sums.net : { formula: `SUM(D2:D${last})` }],
    [rate, null, null, bill.isGross ? sums.tax : { formula: `ROUND(D${last + 1}*${(bill.vat ?? 0) / 100},2)` }],
    [say(words.total), null, null, { formula: `D${last + 1}+D${last + 2}` }],
  ]
  const title = titleOf(invoice, say)
  const columns = [
    { header: say(words.position) },
    { header: say(words.quantity), type: 'number' },
    { header: say(words.price), ...type },
    { header: say(words.amount), ...type },
  ]
  return {
    tool: 'generate_spreadsheet',
    query: 'generate spreadsheet excel table',
    title: say({ en: 'Make the invoice', de: 'Rechnung erstellen', fr: 'Faire la facture', es: 'Hacer la factura' }),
    arguments: { title, sheets: [{ name: say(words.invoice), columns, rows }], filename: slug(title) },
  }
}

function remarkOf(bill: Bill, language: Language, say: Say): string {
  const sums = sumsOf(bill)
  const money = (value: number) => formatMoney(value, bill.currency, language)
  const line = [
    `${say(words.net)}: ${money(sums.net)}`,
    `${say(words.vat)} ${formatNumber(bill.vat ?? 0, language)} %: ${money(sums.tax)}`,
    `${say(words.total)}: ${money(sums.total)}`,
  ].join(' · ')
  const blank = say({
    en: 'The sender, the date and what you did not give me are blank: fill them in before you send it.',
    de: 'Absender, Datum und was du nicht genannt hast, sind leer: Trag sie vor dem Versand ein.',
    fr: 'L’expéditeur, la date et ce que vous n’avez pas donné sont laissés en blanc : complétez-les avant l’envoi.',
    es: 'El remitente, la fecha y lo que no me diste quedan en blanco: complétalos antes de enviarla.',
  })
  return `${line}\n\n${blank}`
}
