/** What the documents should be about, in the person's own words. */
import { capitalised } from '../language/language.ts'
import { LOOSE_NOUNS, OUTPUT_NOUNS } from './outputs.ts'

const output = `(?:${OUTPUT_NOUNS}|${LOOSE_NOUNS})`
const article = '(?:an?|the|one|another|some|eine?[nmrs]?|die|das|der|den|une?|la|le|les|una|el|los|las)'
const about =
  '(?:about|on|regarding|concerning|covering|titled|called|entitled|named|explaining|describing|presenting|showing|comparing|summari[sz]ing|that (?:shows?|explains?|describes?|covers?|compares?|summari[sz]es?)|on the (?:topic|subject) of|über|zum thema|zu den|zu[mr]?|thema:?|sur|au sujet d[eu]|à propos d[eu]|concernant|intitulée?|sobre|acerca de|titulad[oa])'
const loosely = '(?:of|for|from|with|für|von|vom|mit|aus|des|du|de|pour|avec|del|para|con)'
/** Where a topic ends. */
const end = new RegExp(
  [
    '\\s?:\\s',
    ':$',
    '[.!?](?=\\s|$)',
    '\\n',
    ';',
    `,?\\s(?:and|plus|und|sowie|as well as|et|y)\\s(?:also\\s)?(?:(?:make|create|write|send|give|erstelle|mach)\\s)?(?:me\\s|mir\\s)?${article}?\\s?(?:[\\p{L}-]+\\s)?${output}(?![\\p{L}])`,
    `\\s(?:as|into|in|als|im|en|sous forme d[e’']|como)\\s(?:${article}\\s)?(?:[\\p{L}\\d-]+\\s)?${output}(?![\\p{L}])`,
    ',?\\s(?:with|using|mit|from|avec|con)\\s(?:these|the following|this|those|the|diesen|folgenden|den|ces|les|estos|estas|los)\\s(?:figures?|numbers?|data|values?|points?|sections?|zahlen|daten|werten|punkten|chiffres|données|cifras|datos|puntos)',
    `,?\\s(?:with|in|on|mit|auf|en|avec|con)\\s(?:\\d+|[\\p{L}]+)\\s(?:slides?|pages?|folien|seiten|sections?|columns?|spalten|diapositives?|diapositivas|páginas)(?![\\p{L}])`,
    ',?\\s(?:with|mit)\\s(?:columns?|spalten|points?|sections?)(?![\\p{L}])',
    ',?\\s(?:covering|including|containing|saying|with (?:a|the)|mit eine[rm])\\s',
    ",?\\s(?:please|bitte|thanks|thank you|danke|s[’']il|por favor|merci|gracias)(?![\\p{L}])",
    '\\s\\(',
    '\\s[-–—]\\s',
    '\\s[\\p{L}]+\\s[€$£]?\\d[\\d.,]*\\s[\\p{L}]+\\s[€$£]?\\d',
    '\\s(?:with|using|where|mit)\\s(?:the\\s)?[\\p{L}]+\\s*[:=]?\\s*[€$£]?\\d',
    '\\s(?!(?:19|20)\\d\\d(?!\\d))[€$£]?\\d[\\d.,]*\\s?(?:k?[€$%]|in\\s|im\\s|for\\s|,|$)',
  ].join('|'),
  'iu',
)
const lead =
  /^(?:(?:the|our|my|your|their|a|an|some|this|that|how|us|me|der|die|das|den|dem|des|unsere[nrms]?|unser|meine[nrms]?|mein|eine[nrms]?|ein|nos|notre|mes|mon|ma|les|la|le|une?|el|los|las|una|nuestr[oa]s?|mis?)\s+|l['’])+/iu
const filler =
  /^(?:(?:a|an|the|one|two|three|four|five|six|\d\d?(?!\d)|me|us|please|short|brief|quick|simple|nice|new|small|little|good|great|professional|beautiful|it|this|that|them|these|those|make|create|write|build|draft|prepare|give|need|want|would|like|generate|convert|turn|put|transform|to|into|can|could|you|i|we|hi|hello|hey|slide|page|power|word|do|produce|ein|eine|einen|einem|mir|uns|bitte|kurze?n?|kleine?n?|neue?n?|einfache?n?|schöne?n?|erstelle?|erstellen|mache?|schreibe?|brauche?|möchte|kannst|könntest|du|ich|für|zwei|drei|vier|fünf|and|und|for|of|anything|something|fais|faites|crée|créez|prépare|écris|dessine|moi|nous|haz|hazme|crea|prepara|escribe|dibuja|nos|une|un|una|les?|la|el|por|favor|trois|deux|quatre|cinq|tres|dos|cuatro|cinco|egal|whatever|none|no|nein|keine?)(?:[\s,.!?-]+|$))+/iu

/** Null when the words name no topic: "make a deck". */
export function topicOf(text: string): string | null {
  const quoted =
    /(?:titled|called|entitled|named|title:?|about|on|mit dem titel|titel:?)\s+["“„']([^"”“']{2,120})["”“']/iu.exec(
      text,
    )
  if (quoted) return capitalised(quoted[1]!.trim())
  const candidates = [
    `${output}[^.:;\\n]*?\\s${about}\\s+(?<topic>.+)`,
    `(?:summari[sz]e|explain|describe|compare|present|outline)\\s+(?<topic>.+)`,
    `(?:turn|convert|put|make|show|bring)\\s+(?<topic>(?!${article}?\\s*${output}).+?)\\s(?:as|into|in)\\s(?:${article}\\s)?[^.]{0,20}${output}`,
    `^(?<topic>[^:.]+?)\\s(?:as|into|in|als)\\s(?:${article}\\s)?(?:[\\p{L}\\d-]+\\s)?${output}`,
    `${output}[^.:;\\n]*?\\s${loosely}\\s+(?<topic>.+)`,
    `\\s(?:to (?:track|plan|manage|organi[sz]e|record|log)|um|zum planen)\\s+(?<topic>.+)`,
    `(?:^|\\s)(?<topic>(?:[\\p{L}\\d&-]+\\s+){1,4})${output}(?![\\p{L}])`,
    `\\s${about}\\s+(?<topic>.+)`,
  ]
  for (const pattern of candidates) {
    const match = new RegExp(pattern, 'ius').exec(text)
    const topic = match && cut(match.groups?.topic ?? '')
    if (topic) return topic
  }
  return null
}

/** The topic in an answer to "what about?": the whole answer, up to the figures. */
export function topicOfAnswer(text: string): string | null {
  return topicOf(text) ?? cut(text.replace(/^(?:it(?:'s| is| should be)?\s+)?(?:about|on|über|zu[mr]?)\s+/iu, ''))
}

/** A kind of chart, a number of slides, or a day. */
const notATopic =
  /^(?:(?:pie|bar|line|column|area|doughnut|balken|säulen|kreis|barres?|secteurs|camembert|courbes?|barras|líneas|tarta|sectores|zeichne|draw|plot|dessine|dibuja|en|de|à)(?:\s(?:en|de|à))?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun)\p{L}*\s.*\d.*|today|tomorrow|\p{L}+ (?:diapositives?|diapositivas?|slides?|folien))$/iu

function cut(text: string): string | null {
  const piece = text.split(end)[0] ?? ''
  const plain = piece
    .replace(
      new RegExp(
        `^(?:${article}\\s+)?${output}\\s+(?:of|on|about|over|über|zu[mr]?|der|des|von|sur|de|sobre)\\s+`,
        'iu',
      ),
      '',
    )
    .replace(filler, '')
    .replace(lead, '')
    .replace(/^(?:that|which|to|das|zu)\s+/iu, '')
    .replace(/[\s,;:–—-]+$/u, '')
    .replace(
      /\s(?:into|in|as|to|for|with|of|on|and|an?|the|und|mit|für|in|als|eine?n?|en|de|à|avec|con|y|et|sur|sobre)+$/iu,
      '',
    )
    .replace(/^["“„']|["”“']$/gu, '')
    .trim()
  const isOutput = new RegExp(`^(?:${article}\\s+)?${output}$`, 'iu').test(plain)
  const isFigures = /^[\p{L} ]{1,20}(?:\s|[:=]\s*)[€$£]?\d[\d.,]*\s*(?:[%€$£]|k€)?$/u.test(plain.split(',')[0]!.trim())
  const isOther =
    /^(?:columns?|spalten|points?|sections?|punkte|colonnes?|columnas?)(?![\p{L}])/iu.test(plain) ||
    notATopic.test(plain) ||
    /^(?:put|make) (?:that|this|it)\b/i.test(piece.trim())
  if (plain.length < 2 || isOther || isOutput || isFigures || /^\d+$/.test(plain)) return null
  return capitalised(plain.slice(0, 120))
}

/** Points that the person listed: lines with a bullet, "covering a, b and c", or what stands behind a colon. */
export function pointsOf(text: string): string[] {
  const bullets = [...text.matchAll(/^\s*(?:[-*•]|\d+[.)])\s+(.+)$/gmu)].map((match) => match[1]!.trim())
  if (bullets.length > 0) return bullets.map(capitalised).slice(0, 30)
  const list =
    /(?:covering|including|(?:these|following|the|diesen|folgenden|den|les|los)\s+(?:points|sections|topics|chapters|headings|punkten|abschnitten|themen|puntos|temas)|points|sections|agenda|punkte|spalten|columns|colonnes|columnas|puntos|mit den punkten)\s*[:\s]\s*([^.\n]+)/iu.exec(
      text,
    )
  return itemsOf((list ?? /(?<!\d)\s?:\s+([^:]{3,})$/u.exec(text))?.[1] ?? '')
}

/** Short items between commas, or else the sentences themselves. */
function itemsOf(list: string): string[] {
  const items = list
    .split(/,\s*(?:(?:and|und|et|y)\s)?|\s(?:and|und|et|y)\s|;\s*|\n/u)
    .map((item) =>
      item
        .trim()
        .replace(/^(?:and|und|the|our)\s+/iu, '')
        .replace(/\.$/, ''),
    )
    .filter((item) => item.length > 1)
  const isList = items.length > 1 && items.every((item) => item.length < 80 && item.split(' ').length <= 8)
  const sentences = list.split(/(?<=[.!?])\s+|\n+/u).map((sentence) => sentence.trim())
  return (isList ? items : sentences)
    .filter((item) => item.length > 1)
    .map(capitalised)
    .slice(0, 30)
}
