/** Mails: to whom, about what, saying what. It frames the person's words with a greeting and a closing, and adds nothing. */
import type { Goal } from '../goal.ts'
import { capitalised, type Say, type Texts } from '../language/language.ts'
import type { Request } from '../request.ts'
import { beyondIntent } from './beyond.ts'

const ADDRESS = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g
const verbs =
  'send|write|draft|compose|e-?mail|mail|shoot|schicke?|sende|schreibe?|verfasse|maile?|envoie|envoyez|écris|écrivez|rédige|envía|envia|manda|escribe|redacta'
const nouns = 'e-?mail|mail|message|nachricht|courriel|mél|correo(?: electrónico)?|mensaje'
const wanted = new RegExp(
  `(?<![\\p{L}])(?:${verbs})(?![\\p{L}])[^.:\\n]{0,40}?(?<![\\p{L}])(?:${nouns})(?![\\p{L}])|^(?:please\\s+|bitte\\s+)?(?:e-?mail|mail|maile?)\\s+\\S+@|(?<![\\p{L}])(?:${verbs}|tell|ask|remind|inform|let|informiere|frage?|erinnere|dis|demande|informe|dile|pregunta)(?![\\p{L}])[^:\\n]{0,40}@`,
  'iu',
)
const draft = /(?<![\p{L}])(?:write|draft|compose|schreibe?|verfasse|écris|rédige|escribe|redacta)(?![\p{L}])/iu
const about =
  /(?<![\p{L}])(?:about|with the subject|subject:?|regarding|über|wegen|mit dem betreff|betreff:?|au sujet d(?:e |u |es |['’])|à propos d(?:e |u |es |['’])|avec l['’]objet|sobre|acerca de|con el asunto)\s*["“„]?([^:"”“\n]+?)["”“]?(?=\s*(?::|,|saying|that says|and (?:say|tell)|dass?(?![\p{L}])|$))/iu
const copy =
  /(?<![\p{L}])(?:cc|(?:with a )?copy to|(?:mit )?kopie an|(?:en )?copie à|(?:con )?copia a)\s+(\S+@[\w.-]+\w)/iu
const MAX_SUBJECT = 80

interface Letter {
  body: string
  subject: string
}

export function mailIntent(request: Request): Goal | null {
  const { task, talk, say } = request
  if (!wanted.test(task)) return null
  const order = { ...request, instruction: orderIn(task) }
  const beyond = beyondIntent(order)
  if (beyond) return beyond
  const cc = copy.exec(task)?.[1]
  const to = addressesIn([orderIn(task), ...talk.answers].join('\n')).filter((address) => address !== cc)
  const open = talk.answers.filter((answer) => addressesIn(answer).length === 0)
  if (to.length === 0 && !draft.test(task)) return { kind: 'ask', question: say(whichAddress) }
  const letter = letterIn(task, say) ?? (open.length > 0 ? asLetter(open.at(-1)!) : null)
  if (!letter) return { kind: 'ask', question: say(whichText) }
  const body = framed(letter.body, to, say)
  const subject = (topicIn(task) ?? letter.subject).slice(0, 100) || say(noSubject)
  if (to.length === 0) return { kind: 'say', text: `${say(draftOnly)}\n\n**${subject}**\n\n${body}` }
  const names = to.join(', ')
  const step = {
    tool: 'send_email',
    query: 'send email',
    title: say({
      en: `Send a mail to ${names}`,
      de: `Mail an ${names} senden`,
      fr: `Envoyer un courriel à ${names}`,
      es: `Enviar un correo a ${names}`,
    }),
    arguments: { to, ...(cc ? { cc: [cc] } : {}), subject, body },
  }
  return { kind: 'do', remark: '', steps: [step], without: say(noTool) }
}

const whichAddress = {
  en: 'To which address shall I send it?',
  de: 'An welche Adresse soll sie gehen?',
  fr: 'À quelle adresse dois-je l’envoyer ?',
  es: '¿A qué dirección la envío?',
}
const whichText = {
  en: 'What shall the mail say?',
  de: 'Was soll in der Mail stehen?',
  fr: 'Que doit dire le courriel ?',
  es: '¿Qué debe decir el correo?',
}
const noSubject = { en: 'A message', de: 'Eine Nachricht', fr: 'Un message', es: 'Un mensaje' }
const draftOnly = {
  en: 'I have no address, so this is a draft and nothing was sent:',
  de: 'Ich habe keine Adresse; das ist also ein Entwurf, und nichts wurde gesendet:',
  fr: 'Je n’ai pas d’adresse : voici donc un brouillon, rien n’a été envoyé.',
  es: 'No tengo dirección: esto es un borrador y no se ha enviado nada.',
}
const noTool = {
  en: 'I cannot send mails here: this persona has no tool for mail. An operator can set up a mail server.',
  de: 'Ich kann hier keine Mails senden: Diese Persona hat kein Werkzeug dafür. Ein Betreiber kann einen Mailserver einrichten.',
  fr: 'Je ne peux pas envoyer de courriels ici : cette persona n’a pas d’outil pour cela. Un opérateur peut configurer un serveur.',
  es: 'No puedo enviar correos aquí: esta persona no tiene herramienta para eso. Un operador puede configurar un servidor.',
}

/** The order itself, without what the mail shall say. */
const orderIn = (task: string) =>
  task
    .replace(/(?<!\d)\s?:\s[\s\S]*$/u, '')
    .replace(/(?<![\p{L}])(?:that says|saying|that|dass|que|diciendo|disant)(?![\p{L}])[\s\S]*$/iu, '')
    .replace(/["“„«][\s\S]*$/u, '')

const topicIn = (task: string) => {
  const topic = about.exec(task.replace(ADDRESS, ' '))?.[1]?.trim()
  return topic ? capitalised(topic) : null
}

/** The words that the mail shall say, as sentences. Null when the request does not hold them. */
function letterIn(task: string, say: Say): Letter | null {
  const text = quotedIn(task) ?? behindColon(task) ?? matches(task, saying)
  if (text) return asLetter(text)
  if (
    /(?:about|über|au sujet|sobre)[^,]{1,60}(?<![\p{L}])(?:that|das|der|die|qui|que)(?![\p{L}])/iu.test(
      orderAbout(task),
    )
  )
    return null
  for (const { pattern, sentence, isGerman, isQuestion } of clauses) {
    const clause = matches(task, pattern)
    // "ask whether she has time": the mail would speak of somebody else
    if (clause && isQuestion && thirdPerson.test(clause)) return null
    if (clause)
      return { body: say(sentence(clause)), subject: isGerman ? germanSubject(clause, say) : subjectOf(clause) }
  }
  return null
}

const orderAbout = (task: string) => task.replace(ADDRESS, ' ')

function asLetter(text: string): Letter {
  const plain = capitalised(text.trim())
  const isSentence = /[.!?…:]["”“»]?$/u.test(plain)
  return { body: isSentence || plain.includes('\n') ? plain : `${plain}.`, subject: subjectOf(plain) }
}

function subjectOf(text: string): string {
  const first = text.split(/[.!?\n]/)[0]!.trim()
  return capitalised(first.length > MAX_SUBJECT ? first.slice(0, MAX_SUBJECT).replace(/\s\S*$/, ' …') : first)
}

/** The verb stands last in a German clause: without its "ist" it reads as a heading. */
const germanSubject = (clause: string, say: Say) =>
  /\s(?:ist|sind|wird|werden|hat|haben)$/.test(clause) ? subjectOf(clause.replace(/\s\S+$/, '')) : say(noSubject)

const quotedIn = (task: string) => /["“„«]\s?([^"”“»]{3,})["”“»]\s*\.?$/u.exec(task.trim())?.[1]?.trim()

/** A colon of a time ("14:00") begins no text. */
const behindColon = (task: string) => /(?<!\d)\s?:\s+(?=\S)["“„«]?([\s\S]+?)["”“»]?\s*$/u.exec(task)?.[1]?.trim()

const matches = (task: string, pattern: RegExp) =>
  pattern
    .exec(task)
    ?.slice(1)
    .find(Boolean)
    ?.trim()
    .replace(/[.!?]+$/, '')

const saying =
  /(?<![\p{L}])(?:saying(?! that)|that says|with the text|mit dem text|die sagt|avec le texte|con el texto)\s+["“„«]?([\s\S]+?)["”“»]?\s*$/iu

/** What people ask a mail to do, and the sentence that does it. */
const clauses: { pattern: RegExp; sentence(clause: string): Texts; isGerman?: boolean; isQuestion?: boolean }[] = [
  {
    isQuestion: true,
    pattern:
      /(?<![\p{L}])(?:to ask|asking|ask)\b.*?(?<![\p{L}])(?:if|whether)\s+([\s\S]+)$|(?<![\p{L}])(?:frag|bitte um antwort).*?(?<![\p{L}])ob\s+([\s\S]+)$/iu,
    sentence: (clause) => same(`I would like to ask whether ${clause}.`, `ich möchte fragen, ob ${clause}.`),
  },
  {
    pattern: /(?<![\p{L}])(?:thanking|to thank|thank)\s+(?:\S+@\S+\s+|him|her|them)?\s*for\s+([\s\S]+)$/iu,
    sentence: (clause) => same(`Thank you for ${clause}.`),
  },
  {
    pattern: /(?<![\p{L}])(?:inviting|to invite|invite)\s+(?:\S+@\S+\s+|him|her|them)?\s*to\s+([\s\S]+)$/iu,
    sentence: (clause) => same(`I would like to invite you to ${clause}.`),
  },
  {
    pattern: /(?<![\p{L}])(?:asking|to ask)\s+for\s+([\s\S]+)$/iu,
    sentence: (clause) => same(`I would like to ask for ${clause}.`),
  },
  {
    pattern: /(?<![\p{L}])(?:that)\s+([\s\S]+)$/iu,
    sentence: (clause) => same(`I would like to let you know that ${clause}.`),
  },
  {
    isGerman: true,
    pattern: /(?<![\p{L}])dass\s+([\s\S]+)$/iu,
    sentence: (clause) => same(`hiermit teile ich mit, dass ${clause}.`),
  },
  {
    isQuestion: true,
    pattern: /(?<![\p{L}])(?:si)\s+([\s\S]+)$/iu,
    sentence: (clause) => ({
      ...same(`I would like to ask: ${clause}?`),
      fr: `je voudrais demander si ${clause}.`,
      es: `quisiera preguntar si ${clause}.`,
    }),
  },
  {
    pattern: /(?<![\p{L}])(?:que |qu['’])([\s\S]+)$/iu,
    sentence: (clause) => ({
      ...same(`I would like to let you know: ${clause}.`),
      fr: `je vous informe ${/^[aeiouhéè]/i.test(clause) ? 'qu’' : 'que '}${clause}.`,
      es: `le informo de que ${clause}.`,
    }),
  },
]

const thirdPerson =
  /(?<![\p{L}])(?:he|she|they|him|her|them|er|sie|ihn|ihr|il|elle|ils|elles|él|ella|ellos)(?![\p{L}])/iu

const same = (en: string, de = en): Texts => ({ en, de, fr: en, es: en })

/** Greeting and closing, unless the text has its own. */
function framed(text: string, to: string[], say: Say): string {
  if (
    /^(?:dear|hi|hello|hey|good|lieber?|hallo|guten|sehr geehrter?|bonjour|cher|chère|hola|estimad\p{L}*|buen\p{L}*)(?![\p{L}])/iu.test(
      text,
    )
  )
    return text
  const name = to.length === 1 ? nameOf(to[0]!) : ''
  const greeting = say({
    en: `Hello${name && ` ${name}`},`,
    de: `Hallo${name && ` ${name}`},`,
    fr: `Bonjour${name && ` ${name}`},`,
    es: `Hola${name && ` ${name}`}:`,
  })
  const closing = say({ en: 'Kind regards', de: 'Viele Grüße', fr: 'Cordialement', es: 'Un saludo' })
  return `${greeting}\n\n${text}\n\n${closing}`
}

const role =
  /^(?:info|sales|office|support|contact|team|hello|admin|mail|service|help|billing|boss|hr|jobs|press|news|kontakt|buero|vertrieb|contacto|ventas)$/i

/** "anna@example.com" is Anna; "a.smith" and "sales" are no names. */
function nameOf(address: string): string {
  const local = address.split('@')[0]!
  return /^[a-z]{3,12}$/i.test(local) && !role.test(local) ? capitalised(local) : ''
}

const addressesIn = (text: string) => [...new Set(text.match(ADDRESS) ?? [])]
