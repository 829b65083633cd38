/** The languages that the demo model reads and answers in, and which of them a text is in. */
export type Language = 'en' | 'de' | 'fr' | 'es'

/** The same text in each language. */
export type Texts = Record<Language, string>

/** Picks the text in the person's language. */
export type Say = (texts: Texts) => string

export const sayer =
  (language: Language): Say =>
  (texts) =>
    texts[language]

/** Little words and everyday verbs that only one of the languages has, or that are frequent in it. */
const frequent: Record<Language, string> = {
  en: 'i you please and an? the with about for make create write show read our my slides? presentation spreadsheet report letter hello hi thanks what how can calculate sales files? good day of is are much which me this these compare send mail that plan week invoice to translate summari[sz]e chart who where does it at add from deck by',
  de: 'ich du bitte und eine[nrms]? ein der die das den dem des mit über für mach mache erstelle? schreibe? zeige? lies unsere[rn]? meine[rn]? folien? präsentation tabelle bericht brief hallo danke was wie kannst rechne umsatz umsätze dateien? guten tag moin ist sind viel von zu[mr]? mir vergleiche? sende schicke? dass plane? woche rechnung übersetze? diesen dieses diese fasse zusammen diagramm aus im stunden nach wer wo programm berechne rechne zeichne rechnung prozent',
  fr: 'je tu vous veuillez et une? le la les des du de avec pour sur fais faites crée créez écris écrivez montre nos notre mes mon diapositives? présentation tableau rapport lettre bonjour salut merci quoi combien est sont que quel quelle envoie envoyez compare[rz]? planifie semaine facture traduis traduisez résume[rz]? ce cette ces moi graphique calcule au aux qui en heures dans à dessine',
  es: 'yo usted por favor y una? el la los las de del con para sobre haz crea escribe muestra nuestr[oa]s? mis? diapositivas? presentación tabla hoja informe carta hola gracias qué cuánto cuál es son que envía manda compara planifica semana factura traduce resume est[eao]s? me gráfico calcula al quién en horas hazme escríbeme dibuja un',
}
const signs: Partial<Record<Language, RegExp>> = {
  de: /[äöß]/i,
  fr: /[çêœèùà]|\b(?:l|d|qu|n|c)['’](?=\p{L})/iu,
  es: /[¿¡ñ]|[íóú]/i,
}

const patterns = Object.entries(frequent).map(
  ([language, words]) =>
    [language as Language, new RegExp(`(?<![\\p{L}])(?:${words.replaceAll(' ', '|')})(?![\\p{L}])`, 'giu')] as const,
)

/** Counts the frequent words of each language, in the first text that has any; English when in doubt. */
export function languageOf(...texts: string[]): Language {
  for (const text of texts) {
    const scores = patterns.map(([language, pattern]) => {
      const sign = signs[language]?.test(text) ? 1 : 0
      return [language, (text.match(pattern)?.length ?? 0) + sign] as const
    })
    const [language, score] = scores.reduce((best, next) => (next[1] > best[1] ? next : best))
    if (score > 0) return language
  }
  return 'en'
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
