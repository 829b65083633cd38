/**
 * Protects: the demo model does what people try first, in four languages. The real tools run, and the test reads the files.
 * Requests that the demo model cannot do end at its limit, and nothing is made. These requests with real tools take too long
 * for the unit tests.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoModel, startDemoModel } from '../server.ts'
import { withOffice } from '../testing/office.ts'
import { talkTo } from '../testing/talk-to.ts'

let server: DemoModel
beforeAll(async () => {
  server = await startDemoModel()
})
afterAll(() => server.close())

type Words = (string | RegExp)[]
interface Outcome {
  /** Words of the files, by ending. */
  files?: Record<string, Words>
  answer?: Words
  mail?: object
  printed?: Words
  asks?: RegExp
  /** Words that must be nowhere in the files and in the answer. */
  never?: Words
}
interface Extra {
  answers?: string[]
  /** Files that come with the request, by name; null for one that is no text. */
  attached?: Record<string, string | null>
}

const covered: [request: string, outcome: Outcome, extra?: Extra][] = [
  // decks
  [
    'Make me a short presentation about our Q3 results: Revenue 1.2M, Costs 800k',
    { files: { pptx: ['Q3 results', 'Revenue: 1.2M', 'Costs: 800k', '1200000'] }, never: ['Total', '%'] },
  ],
  [
    'Erstelle eine Präsentation mit drei Folien über unsere Verkäufe: Berlin 120 k€, Hamburg 80 k€',
    { files: { pptx: ['Verkäufe', 'Berlin', '120 k€', '200 k€'] } },
  ],
  [
    'Fais une présentation de trois diapositives sur nos ventes du T3 : Nord 120, Sud 80, Ouest 95',
    { files: { pptx: ['Ventes du T3', 'Nord est en tête', '295', '40,7 %'] } },
  ],
  [
    'Haz una presentación de tres diapositivas sobre nuestras ventas: Norte 120, Sur 80',
    { files: { pptx: ['Ventas', 'Norte va en cabeza', '200'] } },
  ],
  [
    'Make slides about our team offsite: agenda, travel, food',
    { files: { pptx: ['Team offsite', 'Agenda', 'Travel', 'Food'] } },
  ],
  // charts
  [
    'Make a pie chart: rent 1200 €, food 450 €, travel 90 €',
    { files: { pptx: ['Rent', '1200', '450', 'Value (€)'] }, answer: ['slide'] },
  ],
  ['Zeichne ein Balkendiagramm: Äpfel 5 kg, Birnen 7 kg', { files: { pptx: ['Äpfel', 'Wert (kg)', '7 kg'] } }],
  [
    'Crée un graphique en camembert : Nord 45 %, Sud 30 %, Ouest 25 %',
    { files: { pptx: ['Nord', '45 %'] }, never: ['100 %'] },
  ],
  [
    'Haz un gráfico de barras: manzanas 5 kg, peras 7 kg',
    { files: { pptx: ['Manzanas', 'Valor (kg)'] }, answer: ['12 kg'] },
  ],
  // sheets
  ['Excel: weight of parcels: A 5 kg, B 7.5 kg, C 2 kg', { files: { xlsx: ['(kg)', 'A|5', 'B|7.5', 'C|2'] } }],
  [
    'Erstelle eine Excel-Tabelle: Miete 1.200 €, Essen 450,50 €, Bahn 90 €',
    { files: { xlsx: ['Wert (€)', 'Miete|1200', 'Essen|450.5', /SUM|SUBTOTAL/] } },
  ],
  [
    'Fais un tableau Excel de nos dépenses : loyer 1 200 €, repas 450,50 €, transport 90 €',
    { files: { xlsx: ['(€)', 'Loyer|1200', 'Repas|450.5', 'Transport|90'] } },
  ],
  [
    'Haz una hoja de cálculo con los gastos: alquiler 1.200 €, comida 450,50 €, transporte 90 €',
    { files: { xlsx: ['Gastos (€)', 'Alquiler|1200', 'Comida|450.5'] } },
  ],
  ['Make a spreadsheet with team A 120k, team B 80k', { files: { xlsx: ['Value (k)', 'Team A|120', 'Team B|80'] } }],
  [
    'Make a spreadsheet with my monthly budget: salary 3000, rent 1000, groceries 400',
    { files: { xlsx: ['Salary|3000', 'Rent|1000'] }, never: ['4,400', 'SUM'] },
  ],
  // PDFs
  [
    'Make a report on sales: Q1 $1.2m, Q2 $1.5m, Q3 $900k',
    { files: { pdf: ['Sales', '$1,200,000', '$900,000', '$3,600,000', '-25 %'] } },
  ],
  ['Schreibe ein PDF über unsere Kosten: Miete 500 €, Strom 100 €', { files: { pdf: ['Kosten', '500 €', '600 €'] } }],
  [
    'Fais un PDF sur nos dépenses : loyer 1 200 €, repas 450,50 €',
    { files: { pdf: ['Dépenses', '1 200 €', '450,5 €', '1 650,5 €'] } },
  ],
  [
    'Haz un informe en PDF sobre las ventas: enero 10, febrero 12',
    { files: { pdf: ['Ventas', 'Enero', '22', '+20 %'] } },
  ],
  [
    'Make a PDF: Revenue 1.5M €, Growth 12 %, Weight 5 kg',
    { files: { pdf: ['1,500,000 €', '12 %', '5 kg'] }, never: ['Total', 'Best'] },
  ],
  // invoices
  [
    'Make an invoice for Acme Inc.: 2x logo design at $300, 1 hosting $50, VAT 20%',
    { files: { pdf: ['Acme Inc.', 'Logo design', '$600.00', '$650.00', '$130.00', '$780.00'] } },
  ],
  [
    'Erstelle eine Rechnung für Müller GmbH: 3 Stunden Beratung à 120 €, 19 % MwSt',
    { files: { pdf: ['Müller GmbH', 'Beratung', '3 Stunden', '360,00 €', '68,40 €', '428,40 €'] } },
  ],
  [
    'Fais une facture pour Dupont SARL : 3 heures de conseil à 120 €, 20 % de TVA',
    { files: { pdf: ['Dupont SARL', 'Conseil', '360,00 €', '72,00 €', '432,00 €'] } },
  ],
  [
    'Haz una factura para García SL: 3 horas de consultoría a 120 €, 2 licencias a 40 €, 21 % de IVA',
    { files: { pdf: ['García SL', 'Consultoría', 'Licencias', '440,00 €', '92,40 €', '532,40 €'] } },
  ],
  [
    'Invoice for Bob: 10 hours at 50 €',
    { asks: /VAT/, files: { pdf: ['500', '€95.00', '€595.00'] } },
    { answers: ['19 % VAT'] },
  ],
  [
    'Bitte erstelle eine Rechnung an Schmidt AG über 10 Stunden Entwicklung zu je 90 Euro netto plus 19 Prozent Mehrwertsteuer',
    { files: { pdf: ['Schmidt AG', 'Entwicklung', '900,00 €', '171,00 €', '1.071,00 €'] } },
  ],
  // summaries
  [
    'Summarize this: The club is growing. Many members came in 2024. The till is full. The club plans a party for its members. It rains.',
    { answer: ['The club plans a party for its members.', 'word for word'], never: ['It rains.'] },
  ],
  [
    'Fasse zusammen: Der Verein wächst. Im Jahr 2024 kamen viele Mitglieder. Der Verein plant ein Fest. Das Fest ist im Mai.',
    { answer: ['Der Verein', 'wörtlich'] },
  ],
  [
    'Résume ce texte : Le projet avance. Le client est content du projet. Les coûts baissent. Le projet finit en mai.',
    { answer: ['projet', 'mot pour mot'] },
  ],
  [
    'Resume este texto en un PDF: El proyecto avanza. El cliente está contento con el proyecto. Los costes bajan. Llueve.',
    { files: { pdf: ['proyecto'] }, answer: ['palabra por palabra'] },
  ],
  [
    'Summarize the attached notes',
    { answer: ['The launch moves to May.', 'word for word'] },
    { attached: { 'notes.txt': 'The launch moves to May. The launch needs a budget. Ann was there. Tea was good.' } },
  ],
  [
    'TL;DR The sun is a star. Stars are hot. The sun gives light to the planets. Planets move around the sun.',
    { answer: ['The sun gives light to the planets.'] },
  ],
  // comparisons
  [
    'Compare these products by price: A 10 €, B 12 €, C 9 €',
    { answer: ['Highest (Value): B (12 €)', 'Lowest (Value): C (9 €)'] },
  ],
  ['Compare 2024 and 2025: 2024: 100, 2025: 120', { answer: ['Growth 2024 → 2025: +20 %'] }],
  [
    'Compare these: region,2024,2025\nNorth,100,120\nSouth,80,72',
    { answer: ['+20 %', '-10 %', '62.5 %', 'Best (2025): North (120)', 'Worst (2025): South (72)'] },
  ],
  [
    'Which product is best by rating? product,price,rating\nA,10,4.5\nB,12,4.8',
    { answer: ['Best (Rating): B (4.8)', 'Worst (Rating): A (4.5)'], never: ['9.3'] },
  ],
  [
    'Which shop is best by margin? shop,sales,costs\nA,10,4\nB,12,8',
    { asks: /Sales, Costs/, answer: ['Best (Sales): B (12)'] },
    { answers: ['sales'] },
  ],
  [
    'Vergleiche diese Zahlen als PDF: Region;2024;2025\nNord;1.000;1.200\nSüd;800;720',
    { files: { pdf: ['+20 %', '-10 %', 'Nord', '1.920'] } },
  ],
  [
    'Compare ces chiffres : région;2024;2025\nNord;100;120\nSud;80;72',
    { answer: ['Meilleur (2025): Nord (120)', '+6,7 %'] },
  ],
  [
    'Compara las cifras del archivo adjunto por ventas',
    { answer: ['Mejor (Ventas): Norte (120)', '60 %'] },
    { attached: { 'datos.csv': 'región;ventas;costes\nNorte;120;90\nSur;80;20\n' } },
  ],
  // sums
  ['what is 17*23', { answer: ['391'] }],
  ['What is 0.1 + 0.2?', { answer: ['**0.3**'] }],
  ['calculate (3 + 4) * 12', { answer: ['84'] }],
  ['What is the average of 3, 4 and 8?', { answer: ['**5**'] }],
  ['What is 17% of 340?', { answer: ['57.8'] }],
  ['percentage increase from 80 to 100', { answer: ['**25 %**'] }],
  ['Wie viel Prozent sind 50 von 200?', { answer: ['**25 %**'] }],
  ['Was sind 240 € plus 19 % MwSt?', { answer: ['285,60 €'] }],
  ['Wie viel ist 3 mal 4?', { answer: ['**12**'] }],
  ['Combien font 12 fois 8 ?', { answer: ['**96**'] }],
  ['Quel est 20 % de 150 € ?', { answer: ['30 €'] }],
  ['¿Cuánto es el 15 % de 240?', { answer: ['**36**'] }],
  // programs
  [
    'write a javascript program that prints prime numbers up to 30',
    { files: { js: ['isPrime'] }, printed: ['2 3 5 7 11 13 17 19 23 29'], answer: ['primes.js'] },
  ],
  ['Écris un programme JavaScript qui affiche la suite de Fibonacci', { files: { js: ['let'] }, printed: ['34'] }],
  ['Escribe un programa en JavaScript que cuente del 1 al 5', { printed: ['1\n2\n3\n4\n5'], never: ['6'] }],
  ['Schreibe ein JavaScript-Programm mit FizzBuzz bis 15', { printed: ['FizzBuzz'] }],
  // mails
  [
    'send a mail to anna@example.com that the meeting moves to 3 pm',
    {
      mail: {
        to: ['anna@example.com'],
        subject: 'The meeting moves to 3 pm',
        text: 'Hello Anna,\n\nI would like to let you know that the meeting moves to 3 pm.\n\nKind regards',
      },
    },
  ],
  [
    'Send a mail to team@example.com that lunch is at 14:00',
    { mail: { text: 'Hello,\n\nI would like to let you know that lunch is at 14:00.\n\nKind regards' } },
  ],
  [
    'Schreibe eine Mail an bob@firma.test, dass das Treffen auf Freitag verschoben ist',
    {
      mail: {
        text: 'Hallo Bob,\n\nhiermit teile ich mit, dass das Treffen auf Freitag verschoben ist.\n\nViele Grüße',
      },
    },
  ],
  [
    'Envoie un mail à marie@exemple.test pour dire que la réunion est reportée à 15 h',
    { mail: { text: 'Bonjour Marie,\n\nje vous informe que la réunion est reportée à 15 h.\n\nCordialement' } },
  ],
  [
    'Envía un correo a juan@ejemplo.test diciendo que la reunión es a las 10:30',
    { mail: { text: 'Hola Juan:\n\nle informo de que la reunión es a las 10:30.\n\nUn saludo' } },
  ],
  // plans of the week
  [
    'plan my week: Monday gym at 7:00, Tuesday and Thursday standup 9:30, finish the report, call mom on Friday',
    {
      files: {
        pdf: [
          /Monday\s+Gym at 7:00/,
          /Tuesday\s+Standup 9:30/,
          /Thursday\s+Standup 9:30/,
          /Friday\s+Call mom/,
          'Finish the report',
        ],
      },
    },
  ],
  [
    'Plane meine Woche: Montag 9 Uhr Team, Mittwoch Zahnarzt, Einkaufen',
    { files: { pdf: [/Montag\s+9 Uhr Team/, /Mittwoch\s+Zahnarzt/, 'Einkaufen'] } },
  ],
  [
    'Planifie ma semaine : lundi sport, jeudi dentiste à 10 h',
    { files: { pdf: [/Lundi\s+Sport/, /Jeudi\s+Dentiste à 10 h/] } },
  ],
  [
    'Planifica mi semana en una hoja de cálculo: lunes gimnasio, jueves dentista a las 10',
    { files: { xlsx: ['Lunes|Gimnasio', 'Jueves|Dentista a las 10'] } },
  ],
  // what is not sure is asked
  [
    'Make a spreadsheet: I 5, you 3',
    { asks: /not sure/, files: { xlsx: ['North|5'] } },
    { answers: ['north 5, south 3'] },
  ],
  [
    'Make slides on our growth: revenue grew 12% and costs fell 3%',
    { asks: /not sure/, files: { pptx: ['Costs'] } },
    { answers: ['revenue 120, costs 80'] },
  ],
  [
    'a report on our 12 employees and 3 offices',
    { asks: /not sure/, files: { pdf: ['Berlin'] }, never: ['15'] },
    { answers: ['Berlin 7, Paris 5'] },
  ],
  [
    'make a deck about our meeting at 3 pm',
    { asks: /beyond your words/, files: { pptx: ['Budget', 'Hiring'] }, never: ['Total'] },
    { answers: ['The points: budget, hiring'] },
  ],
  [
    'Make a spreadsheet of these sales: north 120, south 80',
    { files: { xlsx: ['North|120'] }, answer: ['cannot read scan.png'] },
    { attached: { 'scan.png': null } },
  ],
]

const refused: [request: string, message: RegExp, extra?: Extra][] = [
  ['translate this to French: good morning', /translate/],
  ['Übersetze "Guten Morgen" ins Englische', /übersetzen/],
  ['Traduis ce texte en anglais : bonjour', /traduire/],
  ['Traduce al inglés: hola', /traducir/],
  ['Make a Word document about our Q3 results: revenue 120', /Word/],
  ['Erstelle ein Word-Dokument mit unseren Zielen', /Word/],
  ['Fais un document Word sur la réunion', /Word/],
  ['Haz un documento de Word con nuestros objetivos', /Word/],
  ["what's the weather in Berlin", /no tool for the web/],
  ['Wie wird das Wetter morgen in Berlin?', /Werkzeug für das Web/],
  ['Quel temps fait-il à Paris ?', /outil pour le web/],
  ['¿Qué tiempo hace en Madrid?', /herramienta para la web/],
  ['Search the web for the best laptop and make slides', /no tool for the web/],
  ['What did I tell you last week?', /no tool for the memory/],
  ['Write a poem about spring', /texts of my own/],
  ['Schreibe einen Artikel über den Herbst', /eigenen Texte/],
  ['Raconte-moi une blague', /textes moi-même/],
  ['Escribe un cuento sobre un dragón', /textos propios/],
  ['Draw a cat', /pictures/],
  ['Create a logo for my company', /pictures/],
  ['Build me a website for my bakery', /websites/],
  ['Book a flight to Paris', /book/],
  ['Remind me tomorrow to call Bob', /reminders/],
  ['Reply to my emails', /mailboxes/],
  ['Rewrite this text so that it sounds better: We are late.', /rewrite/],
  ['Explain quantum computing', /do not cover/],
  ['If I have 3 apples and buy 2 more, how many do I have?', /do not cover/],
  ['Compare iPhone and Samsung', /only compare figures/],
  ['write a java program that sorts a list', /few small programs/],
  ['write a python script that scrapes a website', /few small programs/],
  ['Summarize this: It rained.', /fewer than three sentences/],
  ['Summarize the attached report', /cannot read report\.pdf/, { attached: { 'report.pdf': null } }],
  ['Make a deck from the attached file', /cannot read data\.xlsx/, { attached: { 'data.xlsx': null } }],
  ['Create a chart of our sales', /do not make anything up/, { answers: ['none'] }],
]

const ATTACHED = 'attachments/0199d9a0-1c1b-7c3e-8a7e-3f0c8d1b2a4e'

async function play(request: string, extra: Extra = {}) {
  const names = Object.keys(extra.attached ?? {})
  const list = names.map((name) => `- ${ATTACHED}/${name} (text/plain, 99 bytes)`)
  const attachments = names.length > 0 ? `\n\nFiles given with this task, in the workspace:\n${list.join('\n')}` : ''
  const texts = Object.entries(extra.attached ?? {}).filter((entry): entry is [string, string] => entry[1] !== null)
  const files = Object.fromEntries(texts.map(([name, content]) => [`${ATTACHED}/${name}`, content]))
  let result: { played: Awaited<ReturnType<typeof talkTo>>; office: Parameters<Parameters<typeof withOffice>[1]>[0] }
  await withOffice(files, async (office) => {
    const played = await talkTo(server.url, request, {
      attachments,
      answers: extra.answers ?? [],
      onCall: office.onCall,
    })
    result = { played, office }
  })
  return result!
}

const toHold = (text: string, words: Words = []) => {
  for (const word of words) expect(text).toMatch(word instanceof RegExp ? word : literal(word))
}
const literal = (text: string) => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))

/** The tools start processes of their own. */
const PATIENCE_MS = 120_000

describe('what it can do', { timeout: PATIENCE_MS }, () => {
  it.concurrent.each(covered)('%s', async (request, outcome, extra) => {
    const { played, office } = await play(request, extra)
    expect(played.limit).toBeUndefined()
    const plain = played.answer
      .replaceAll('\u00a0', ' ')
      .replace(/_I am the built-in[\s\S]*|_Ich bin das[\s\S]*|_Je suis[\s\S]*|_Soy el[\s\S]*/, '')
    for (const [ending, words] of Object.entries(outcome.files ?? {})) toHold(office.made.get(ending) ?? '', words)
    toHold(plain, outcome.answer)
    toHold(office.printed.join('\n'), outcome.printed)
    if (outcome.mail) expect(office.mails).toMatchObject([outcome.mail])
    const questions = played.calls
      .filter(({ name }) => name === 'ask_human')
      .map(({ arguments: { question } }) => question)
    expect(questions).toHaveLength(outcome.asks ? 1 : 0)
    if (outcome.asks) expect(questions[0]).toMatch(outcome.asks)
    const all = [...office.made.values(), ...office.printed, plain].join('\n')
    for (const word of outcome.never ?? []) expect(all).not.toMatch(word instanceof RegExp ? word : literal(word))
  })
})

describe('what it says that it cannot do', { timeout: PATIENCE_MS }, () => {
  it.concurrent.each(refused)('%s', async (request, message, extra) => {
    const { played, office } = await play(request, extra)
    expect(played.limit?.message).toMatch(message)
    expect(played.limit?.examples.length).toBeGreaterThan(2)
    expect([...office.made], 'nothing is made').toEqual([])
    expect(office.mails).toEqual([])
  })
})
