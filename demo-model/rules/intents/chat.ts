/** Small talk: greetings, thanks, "what can you do". */
import type { Goal } from '../goal.ts'
import type { Say } from '../language/language.ts'
import type { Request } from '../request.ts'

const greeting =
  /^(?:hi|hello|hey|good (?:morning|day|afternoon|evening)|hallo|moin|servus|guten (?:tag|morgen|abend)|grüß ?gott|bonjour|bonsoir|salut|hola|buen[oa]s (?:días|tardes|noches))(?![\p{L}])[\s,!.\p{L}]{0,20}$/iu
const thanks =
  /^(?:thanks?|thank you|thx|cheers|danke|vielen dank|great|perfect|super|merci|gracias|muchas gracias)(?![\p{L}])[\s\p{L},!.]{0,30}$/iu
const ability =
  /(?<![\p{L}])(?:what can you (?:do|make)|how can you help|what are you able|help(?: me)?[?!.]*$|who are you|what are you|are you (?:real|an? ai|human|a bot)|was kannst du|wer bist du|hilfe[?!.]*$|wie kannst du|que (?:peux-tu|sais-tu|pouvez-vous)|qui es-tu|aide[?!.]*$|qué (?:puedes|sabes) hacer|quién eres|ayuda[?!.]*$)/iu
const MAX_QUESTION = 80

export function chatIntent({ task, say }: Request): Goal | null {
  const text = task.trim()
  if (text === '' || (ability.test(text) && text.length <= MAX_QUESTION)) return { kind: 'say', text: abilities(say) }
  if (greeting.test(text)) return { kind: 'say', text: `${say(hello)} ${abilities(say)}` }
  return thanks.test(text) ? { kind: 'say', text: say(welcome) } : null
}

const hello = { en: 'Hello!', de: 'Hallo!', fr: 'Bonjour !', es: '¡Hola!' }
const welcome = { en: 'You are welcome.', de: 'Gern geschehen.', fr: 'Avec plaisir.', es: 'De nada.' }

export function abilities(say: Say): string {
  const title = say({
    en: 'I can do plain office work, for example:',
    de: 'Ich kann einfache Büroarbeit, zum Beispiel:',
    fr: 'Je peux faire du travail de bureau simple, par exemple :',
    es: 'Puedo hacer trabajo de oficina sencillo, por ejemplo:',
  })
  return [title, ...examples(say).map((example) => `- ${example}`)].join('\n')
}

/** Requests that it can do, for people who asked for something else. */
export const workingExamples = (say: Say) => examples(say).slice(0, 4)

function examples(say: Say): string[] {
  return [
    say({
      en: 'Make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95',
      de: 'Erstelle drei Folien und eine Tabelle über unsere Q3-Umsätze: Nord 120, Süd 80, West 95',
      fr: 'Fais une présentation de trois diapositives sur nos ventes du T3 : Nord 120, Sud 80, Ouest 95',
      es: 'Haz una presentación de tres diapositivas sobre nuestras ventas del T3: Norte 120, Sur 80, Oeste 95',
    }),
    say({
      en: 'Make an invoice for Miller Ltd: 3 hours of consulting at €120, 19 % VAT',
      de: 'Erstelle eine Rechnung für Müller GmbH: 3 Stunden Beratung à 120 €, 19 % MwSt',
      fr: 'Fais une facture pour Dupont SARL : 3 heures de conseil à 120 €, 20 % de TVA',
      es: 'Haz una factura para García SL: 3 horas de consultoría a 120 €, 21 % de IVA',
    }),
    say({
      en: 'Plan my week: Monday gym, Tuesday report, Thursday dentist at 10:00',
      de: 'Plane meine Woche: Montag Sport, Dienstag Bericht, Donnerstag Zahnarzt um 10 Uhr',
      fr: 'Planifie ma semaine : lundi sport, mardi rapport, jeudi dentiste à 10 h',
      es: 'Planifica mi semana: lunes gimnasio, martes informe, jueves dentista a las 10',
    }),
    say({
      en: 'What is 17% of 340?',
      de: 'Wie viel sind 17 % von 340?',
      fr: 'Combien font 17 % de 340 ?',
      es: '¿Cuánto es el 17 % de 340?',
    }),
    say({
      en: 'Write a Python program that prints the prime numbers up to 100',
      de: 'Schreibe ein Python-Programm, das die Primzahlen bis 100 ausgibt',
      fr: 'Écris un programme Python qui affiche les nombres premiers jusqu’à 100',
      es: 'Escribe un programa en Python que muestre los números primos hasta 100',
    }),
    say({
      en: 'Write hello in note.txt',
      de: 'Schreibe "hallo" in notiz.txt',
      fr: 'Écris "bonjour" dans note.txt',
      es: 'Escribe "hola" en nota.txt',
    }),
  ]
}

/** Added to the end of every final answer. */
export function demoNotice(say: Say): string {
  return say({
    en: '_I am the built-in scripted demo model, not an AI: I follow fixed rules. Connect a real model in Settings → Models, or start with OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL._',
    de: '_Ich bin das eingebaute Demo-Modell mit festem Drehbuch, keine KI. Ein echtes Modell verbindest du unter Settings → Models oder beim Start mit OPENAI_BASE_URL, OPENAI_API_KEY und OPENAI_MODEL._',
    fr: '_Je suis le modèle de démonstration intégré, pas une IA : je suis des règles fixes. Connectez un vrai modèle sous Settings → Models, ou au démarrage avec OPENAI_BASE_URL, OPENAI_API_KEY et OPENAI_MODEL._',
    es: '_Soy el modelo de demostración incluido, no una IA: sigo reglas fijas. Conecta un modelo de verdad en Settings → Models, o al arrancar con OPENAI_BASE_URL, OPENAI_API_KEY y OPENAI_MODEL._',
  })
}
