/** What the documents should be about, in the person's own words. */
import { capitalised } from './language.ts'
import { LOOSE_NOUNS, OUTPUT_NOUNS } from './outputs.ts'

const output = `(?:${OUTPUT_NOUNS}|${LOOSE_NOUNS})`
const article = '(?:an?|the|one|another|some|eine?[nmrs]?|die|das|der|den)'
const about =
  '(?:about|on|regarding|concerning|covering|titled|called|entitled|named|explaining|describing|presenting|showing|comparing|summari[sz]ing|that (?:shows?|explains?|describes?|covers?|compares?|summari[sz]es?)|on the (?:topic|subject) of|über|zum thema|zu den|zu[mr]?|thema:?)'
const loosely = '(?:of|for|from|with|für|von|vom|mit|aus)'
/** Where a topic ends. */
const end = new RegExp(
  [
    ':\\s',
    ':$',
    '[.!?](?=\\s|$)',
    '\\n',
    ';',
    `,?\\s(?:and|plus|und|sowie|as well as)\\s(?:also\\s)?(?:(?:make|create|write|send|give|erstelle|mach)\\s)?(?:me\\s|mir\\s)?${article}?\\s?(?:[\\p{L}-]+\\s)?${output}(?![\\p{L}])`,
    `\\s(?:as|into|in|als|im)\\s(?:${article}\\s)?(?:[\\p{L}\\d-]+\\s)?${output}(?![\\p{L}])`,
    ',?\\s(?:with|using|mit|from)\\s(?:these|the following|this|those|the|diesen|folgenden|den)\\s(?:figures?|numbers?|data|values?|points?|sections?|zahlen|daten|werten|punkten)',
    `,?\\s(?:with|in|on|mit|auf)\\s(?:\\d+|[\\p{L}]+)\\s(?:slides?|pages?|folien|seiten|sections?|columns?|spalten)(?![\\p{L}])`,
    ',?\\s(?:with|mit)\\s(?:columns?|spalten|points?|sections?)(?![\\p{L}])',
    ',?\\s(?:covering|including|containing|saying|with (?:a|the)|mit eine[rm])\\s',
    ',?\\s(?:please|bitte|thanks|thank you|danke)(?![\\p{L}])',
    '\\s\\(',
    '\\s[-–—]\\s',
    '\\s[\\p{L}]+\\s[€$£]?\\d[\\d.,]*\\s[\\p{L}]+\\s[€$£]?\\d',
    '\\s(?:with|using|where|mit)\\s(?:the\\s)?[\\p{L}]+\\s*[:=]?\\s*[€$£]?\\d',
    '\\s(?!(?:19|20)\\d\\d(?!\\d))[€$£]?\\d[\\d.,]*\\s?(?:k?[€$%]|in\\s|im\\s|for\\s|,|$)',
  ].join('|'),
  'iu',
)
const lead =
  /^(?:(?:the|our|my|your|their|a|an|some|this|that|how|us|me|der|die|das|den|dem|des|unsere[nrms]?|unser|meine[nrms]?|mein|eine[nrms]?|ein)\s+)+/iu
const filler =
  /^(?:(?:a|an|the|one|two|three|four|five|six|\d\d?(?!\d)|me|us|please|short|brief|quick|simple|nice|new|small|little|good|great|professional|beautiful|it|this|that|them|these|those|make|create|write|build|draft|prepare|give|need|want|would|like|generate|convert|turn|put|transform|to|into|can|could|you|i|we|hi|hello|hey|slide|page|power|word|do|produce|ein|eine|einen|einem|mir|uns|bitte|kurze?n?|kleine?n?|neue?n?|einfache?n?|schöne?n?|erstelle?|erstellen|mache?|schreibe?|brauche?|möchte|kannst|könntest|du|ich|für|zwei|drei|vier|fünf|and|und|for|of|anything|something|egal|whatever|none|no|nein|keine?)(?:[\s,.!?-]+|$))+/iu

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

function cut(text: string): string | null {
  const piece = text.split(end)[0] ?? ''
  const plain = piece
    .replace(new RegExp(`^(?:${article}\\s+)?${output}\\s+(?:of|on|about|over|über|zu[mr]?|der|des|von)\\s+`, 'iu'), '')
    .replace(filler, '')
    .replace(lead, '')
    .replace(/^(?:that|which|to|das|zu)\s+/iu, '')
    .replace(/[\s,;:–—-]+$/u, '')
    .replace(/\s(?:into|in|as|to|for|with|of|on|and|an?|the|und|mit|für|in|als|eine?n?)+$/iu, '')
    .replace(/^["“„']|["”“']$/gu, '')
    .trim()
  const isOutput = new RegExp(`^(?:${article}\\s+)?${output}$`, 'iu').test(plain)
  const isFigures = /^[\p{L} ]{1,20}[:=]?\s*[€$£]?\d[\d.,]*\s*(?:[%€$£]|k€)?$/u.test(plain.split(',')[0]!.trim())
  const isOther =
    /^(?:columns?|spalten|points?|sections?|punkte)\b/iu.test(plain) ||
    /^(?:put|make) (?:that|this|it)\b/i.test(piece.trim())
  if (plain.length < 2 || isOther || isOutput || isFigures || /^\d+$/.test(plain)) return null
  return capitalised(plain.slice(0, 120))
}

/** Points that the person listed: lines with a bullet, or "covering a, b and c", "with the points: a, b". */
export function pointsOf(text: string): string[] {
  const bullets = [...text.matchAll(/^\s*(?:[-*•]|\d+[.)])\s+(.+)$/gmu)].map((match) => match[1]!.trim())
  if (bullets.length > 0) return bullets.map(capitalised).slice(0, 30)
  const list =
    /(?:covering|including|(?:these|following|the|diesen|folgenden|den)\s+(?:points|sections|topics|chapters|headings|punkten|abschnitten|themen)|points|sections|agenda|punkte|spalten|columns|mit den punkten)\s*[:\s]\s*([^.\n]+)/iu.exec(
      text,
    )
  if (!list) return []
  const items = list[1]!
    .split(/,\s*(?:and\s|und\s)?|\s(?:and|und)\s|;\s*/u)
    .map((item) => item.trim().replace(/^(?:and|und|the|our)\s+/iu, ''))
  return items.filter((item) => item.length > 1 && item.length < 80).map(capitalised)
}
