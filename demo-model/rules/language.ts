/** Which of its two languages the demo model answers in. */
export type Language = 'en' | 'de'

const germanWords =
  /(?<![\p{L}])(ich|du|bitte|und|eine[nrms]?|der|die|das|den|dem|mit|über|für|mach|mache|erstelle|erstell|schreib|schreibe|zeig|zeige|lies|unsere[rn]?|meine[rn]?|folien?|präsentation|tabelle|bericht|brief|hallo|danke|was|wie|kannst|rechne|umsatz|umsätze|dateien?|guten|tag|moin)(?![\p{L}])/giu
const englishWords =
  /(?<![\p{L}])(i|you|please|and|an?|the|with|about|for|make|create|write|show|read|our|my|slides?|presentation|spreadsheet|report|letter|hello|thanks|what|how|can|calculate|sales|files?|good|day|of|on|is)(?![\p{L}])/giu

/** Counts the little words of both languages; English when in doubt. */
export function languageOf(text: string): Language {
  const german = (text.match(germanWords)?.length ?? 0) + (/[äöüß]/i.test(text) ? 1 : 0)
  return german > (text.match(englishWords)?.length ?? 0) ? 'de' : 'en'
}

/** Makes the first letter upper case, and leaves the rest as people wrote it. */
export function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1)
}

/** A file name from a title: ASCII letters, digits and hyphens, at most 40 characters. */
export function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/ä/g, 'ae')
    .replace(/ö/g, 'oe')
    .replace(/ü/g, 'ue')
    .replace(/ß/g, 'ss')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
  const words = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
  return (words.length > 40 ? words.slice(0, 40).replace(/-[^-]*$/, '') : words) || 'document'
}
