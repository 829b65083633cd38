/** Which words may name a figure. Pronouns, requests, verbs and words of time may not, in any of the languages. */
import { LOOSE_NOUNS, OUTPUT_NOUNS } from '../documents/outputs.ts'

const words = {
  pronouns:
    'i we you he she it they me us them him her this that these those who what which ich wir du ihr er sie es mir uns dir ihm ihnen dies das wer je tu il elle on nous vous ils elles moi toi lui leur ce cela ça ceci qui que yo tú él ella nosotros vosotros ellos ellas usted ustedes mí ti les esto eso quién',
  articles:
    'a an the our my your their his its der die den dem des ein eine einen einem einer unser unsere unseren meine mein dein le la les un une des nos notre mes mon ma vos votre el los las una unos unas nuestro nuestra nuestros nuestras mi mis su sus',
  joints:
    'and or in on of for from at to with by about as into onto per than then where when if but so und oder im am an auf aus bei mit nach von vom zu zum zur für über als wenn aber et ou à au aux avec dans de du en par pour sur sous chez y o con para por en sobre desde hasta entre',
  verbs:
    'was were is are be been has had have having do does did sold made got grew rose fell reached brought totaled totalled need needs want wants like would could can should will may must give gives show shows showing use using put take let work works meet meets starts start ends end moves war waren ist sind hat hatte haben wird werden kann soll muss will möchte brauche brauchen est sont était étaient a ont avait avez avoir veux voudrais peux doit vaut es son era eran fue fueron ha han tiene tienen tenemos quiero necesito puedo debe hay vale',
  requests:
    'make create build draft write prepare generate compare calculate compute add send mail email draw plot chart summarize summarise explain translate tell please thanks now also only just buy cook call book remind reminder find search plan planning turn convert mach mache machen erstelle erstellen schreibe schreib zeige zeig gib bitte danke nimm vergleiche berechne rechne sende schicke zeichne fasse übersetze erkläre plane kaufe kauf ruf rufe buche suche fais faites crée créez écris écrivez montre donne prépare compare comparez calcule calculez envoie dessine résume traduis explique planifie merci achète appelle cherche haz hazme crea escribe muestra dame prepara compara calcula envía manda dibuja resume traduce explica planifica gracias compra llama busca',
  time: 'am pm uhr oclock o’clock today tomorrow yesterday heute morgen gestern aujourd’hui demain hier hoy mañana ayer until till ago since later around about approximately roughly etwa rund circa ca environ vers unos cerca week weeks minutes minute days',
  filler:
    'numbers number figures figure data values value here only there up down please zahlen daten werte hier nur chiffres données valeurs ici cifras datos valores aquí following folgende folgenden suivant suivants suivantes siguiente siguientes',
}
const none = new Set(Object.values(words).flatMap((list) => list.split(' ')))
const output = new RegExp(`^(?:${OUTPUT_NOUNS}|${LOOSE_NOUNS})$`, 'iu')

/** Monday, South and East: little words in another language, but alone before a number they name it. */
export const isNameAlone = (label: string) => /^(?:mon|sur|este?)$/i.test(label)

export const isPronoun = (word: string) => words.pronouns.split(' ').includes(word.toLowerCase())

export const isArticle = (word: string) => words.articles.split(' ').includes(word.toLowerCase())

/** "team A" is a label, "a" alone is not. */
export function isNoLabel(word: string, at: number): boolean {
  if (/^[A-HJ-Z]$/.test(word) || (at > 0 && /^\p{Lu}$/u.test(word))) return false
  if (word === 'Mon') return false // the day, and not the French word
  return none.has(word.toLowerCase()) || output.test(word)
}

const MAX_WORDS = 5

/** True if these words, as a whole, can name a figure. */
export function isLabel(label: string): boolean {
  const parts = label.split(/\s+/).filter(Boolean)
  if (parts.length === 0 || parts.length > MAX_WORDS || /[\u2400?!:;"“”„@]/u.test(label)) return false
  if (/^(?:(?:19|20)\d\d|[A-HJ-Z])$/.test(label) || isNameAlone(label)) return true
  if (!/\p{L}/u.test(label) || isNoLabel(parts.at(-1)!, parts.length - 1) || isNoLabel(parts[0]!, 0)) return false
  // inside a label a little word is fine: "cost of sales", "frais de port"
  const inside = parts.slice(1, -1)
  return !inside.some((word) => isPronoun(word) || /^\d{1,3}$/.test(word))
}
