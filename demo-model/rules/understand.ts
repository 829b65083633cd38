/** Finds the goal in the words: the first intent that applies, in this order. */

import { documentIntent } from './documents/documents.ts'
import { outputsOf } from './documents/outputs.ts'
import type { Goal } from './goal.ts'
import { beyondIntent } from './intents/beyond.ts'
import { abilities, chatIntent } from './intents/chat.ts'
import { codeIntent } from './intents/code.ts'
import { compareIntent } from './intents/compare/compare.ts'
import { fileIntent } from './intents/files.ts'
import { invoiceIntent } from './intents/invoice/invoice.ts'
import { lookUpIntent } from './intents/look-up.ts'
import { mailIntent } from './intents/mail.ts'
import { programIntent } from './intents/program/program.ts'
import { sourceIntent, unreadIntent } from './intents/sources.ts'
import { sumIntent } from './intents/sum/sum.ts'
import { summaryIntent } from './intents/summary.ts'
import { weekIntent } from './intents/week.ts'
import type { Request } from './request.ts'

/** Refusals come before the work, and files are read before they are used. Small talk and sums need nothing else. */
const intents: ((request: Request) => Goal | null)[] = [
  chatIntent,
  mailIntent,
  codeIntent,
  beyondIntent,
  sumIntent,
  programIntent,
  sourceIntent,
  fileIntent,
  lookUpIntent,
  unreadIntent,
  invoiceIntent,
  weekIntent,
  summaryIntent,
  compareIntent,
  documentIntent,
  vagueIntent,
]

export function understand(request: Request): Goal {
  for (const intent of intents) {
    const goal = intent(request)
    if (goal) return goal
  }
  return { kind: 'limit', message: request.say(notCovered) }
}

const notCovered = {
  en: 'I am the scripted demo model, and my fixed rules do not cover this request.',
  de: 'Ich bin das Demo-Modell mit festen Regeln, und keine davon passt zu dieser Bitte.',
  fr: 'Je suis le modèle de démonstration à règles fixes, et aucune ne couvre cette demande.',
  es: 'Soy el modelo de demostración con reglas fijas, y ninguna cubre esta petición.',
}

/** "Make something for my meeting": the person wants work, but does not say which. */
const vague =
  /^(?:(?:hi|hey|hello|hallo|please|can|could|would|you|bitte|kannst|du|i need you to|salut|hola|peux-tu|puedes)[ ,]+)*(?:make|create|write|do|build|prepare|mach|erstelle|schreibe?|fais|crée|écris|haz|crea|escribe)(?:\s+(?:me|mir|moi))?(?:\s+(?:something|anything|some work|stuff|etwas|was|quelque chose|algo)(?![\p{L}]).*|\s*(?:it|that|work)?[.!?]*)$/iu

function vagueIntent({ task, talk, say }: Request): Goal | null {
  if (!vague.test(task)) return null
  const { answers } = talk
  if (answers.length >= 2 || outputsOf(answers.join('\n')).length > 0) return { kind: 'say', text: abilities(say) }
  return {
    kind: 'ask',
    question: say(answers.length === 0 ? whatToMake : whichKind),
    options: [
      say({ en: 'Slides', de: 'Folien', fr: 'Des diapositives', es: 'Diapositivas' }),
      say({ en: 'A spreadsheet', de: 'Eine Tabelle', fr: 'Un tableur', es: 'Una hoja de cálculo' }),
      say({ en: 'A PDF', de: 'Ein PDF', fr: 'Un PDF', es: 'Un PDF' }),
    ],
  }
}

const whatToMake = {
  en: 'What shall I make, and about what?',
  de: 'Was soll ich machen, und worüber?',
  fr: 'Que dois-je faire, et à quel sujet ?',
  es: '¿Qué debo hacer, y sobre qué?',
}
const whichKind = {
  en: 'As slides, a spreadsheet or a PDF?',
  de: 'Als Folien, Tabelle oder PDF?',
  fr: 'En diapositives, tableur ou PDF ?',
  es: '¿Como diapositivas, hoja de cálculo o PDF?',
}
