/** Rules for small talk: greetings, thanks, "what can you do". */
import type { Say } from './goal.ts'

const greeting =
  /^(?:hi|hello|hey|good (?:morning|day|afternoon|evening)|hallo|moin|servus|guten (?:tag|morgen|abend)|grüß ?gott)(?![\p{L}])[\s,!.\p{L}]{0,20}$/iu
const thanks = /^(?:thanks?|thank you|thx|cheers|danke|vielen dank|great|perfect|super)(?![\p{L}])[\s\p{L},!.]{0,30}$/iu
const ability =
  /\b(?:what can you (?:do|make)|how can you help|what are you able|help( me)?[?!.]*$|who are you|what are you|are you (?:real|an? ai|human|a bot)|was kannst du|wer bist du|hilfe[?!.]*$|wie kannst du)/i

/** Null when the words are not small talk. */
export function chatAnswer(text: string, say: Say): string | null {
  if (ability.test(text) || text.trim() === '') return abilities(say)
  if (greeting.test(text)) return `${say('Hello!', 'Hallo!')} ${abilities(say)}`
  return thanks.test(text) ? say('You are welcome.', 'Gern geschehen.') : null
}

export function abilities(say: Say): string {
  return say(
    [
      'I can do plain office work, for example:',
      '- "Make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95"',
      '- "A PDF with a summary of the benefits of remote work"',
      '- "Send a mail to ada@example.com about lunch: shall we meet at noon?"',
      '- "Write note.txt saying hello", "list my files", "read note.txt"',
      '- "What is 17% of 340?" or "run this python: print(2+2)"',
    ].join('\n'),
    [
      'Ich kann einfache Büroarbeit, zum Beispiel:',
      '- „Mach drei Folien und eine Tabelle über unsere Q3-Umsätze: Nord 120, Süd 80, West 95“',
      '- „Ein PDF mit einer Zusammenfassung der Vorteile von Homeoffice“',
      '- „Schicke eine Mail an ada@example.com über das Mittagessen: Treffen wir uns um zwölf?“',
      '- „Schreibe hallo in notiz.txt“, „zeige meine Dateien“, „lies notiz.txt“',
      '- „Was ist 17% von 340?“ oder „Führe dieses Python aus: print(2+2)“',
    ].join('\n'),
  )
}

/** Requests that it can do, for people who asked for something else. */
export function workingExamples(say: Say): string[] {
  return [
    say(
      'Make a three-slide deck on our Q3 sales: north 120, south 80, west 95',
      'Erstelle drei Folien über unsere Q3-Umsätze: Nord 120, Süd 80, West 95',
    ),
    say('A spreadsheet of expenses: rent 1200, food 450, travel 90', 'Eine Tabelle der Kosten: Miete 1200, Bahn 90'),
    say('What is 17% of 340?', 'Was ist 17% von 340?'),
  ]
}

/** Added to the end of every final answer. */
export function demoNotice(say: Say): string {
  return say(
    '_I am the built-in scripted demo model, not an AI: I follow fixed rules. Connect a real model in Settings → Models, or start with OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL._',
    '_Ich bin das eingebaute Demo-Modell mit festem Drehbuch, keine KI. Ein echtes Modell verbindest du unter Settings → Models oder beim Start mit OPENAI_BASE_URL, OPENAI_API_KEY und OPENAI_MODEL._',
  )
}
