/**
 * What the demo model knows that it cannot do: to translate, to write prose, to look things up, to act in the world. It says
 * so before any other rule could take a part of the request for the whole.
 */
import type { Goal } from '../goal.ts'
import type { Texts } from '../language/language.ts'
import type { Request } from '../request.ts'

interface Beyond {
  pattern: RegExp
  message: Texts
}

const source = (text: string) => new RegExp(`(?<![\\p{L}])(?:${text})`, 'iu')
const verb =
  '(?:make|create|build|write|draft|design|generate|compose|produce|give|need|want|draw|paint|tell|code|program|erstelle?|mach\\p{L}*|schreib\\p{L}*|baue?|gestalte|entwirf|verfasse|zeichne|male?|erzähle?|brauche|möchte|fais|faites|crée|créez|écris|écrivez|rédige|dessine|raconte|veux|voudrais|haz|hazme|crea|escribe|redacta|dibuja|pinta|cuenta|quiero|necesito)'
const between =
  '(?:about|on|of|for|with|from|to|über|für|mit|von|zu[mr]?|aus|sur|pour|avec|des?|du|sobre|para|con|slides?|decks?|pdf|presentation|report|spreadsheet|table|chart)'
/** The thing is what is to be made, and not what the work is about. */
const made = (nouns: string) =>
  source(
    `${verb}(?:[- ](?:me|us|mir|uns|moi|nous|nos))?\\s+(?:(?!${between}(?![\\p{L}]))[\\p{L}\\d-]+\\s+){0,3}(?:${nouns})(?![\\p{L}])`,
  )
const atStart = (text: string) =>
  new RegExp(`^(?:(?:please|bitte|can you|could you|kannst du|peux-tu|puedes|hi|hey|por favor)[ ,]+)*(?:${text})`, 'iu')
const languages =
  'english|german|french|spanish|italian|portuguese|dutch|polish|chinese|japanese|russian|turkish|arabic|englische?|deutsche?|französische?|spanische?|italienische?|anglais|allemand|français|espagnol|italien|inglés|alemán|francés|español|italiano|latin'

const list: Beyond[] = [
  {
    pattern: source(
      `translat|übersetz|tradui|traduction|traduc|tradúce|(?:say|write|put|rewrite) (?:this|it|that) in (?:${languages})|(?:in|to|into|ins|auf|en|au|al) (?:${languages})(?![\\p{L}])`,
    ),
    message: {
      en: 'I cannot translate: the demo model knows no language well enough for that.',
      de: 'Ich kann nicht übersetzen: Dafür kennt das Demo-Modell keine Sprache gut genug.',
      fr: 'Je ne sais pas traduire : le modèle de démonstration ne connaît pas assez les langues.',
      es: 'No puedo traducir: el modelo de demostración no conoce bastante los idiomas.',
    },
  },
  {
    pattern: source(
      '(?:\\.docx?|docx)(?![\\p{L}])|(?:ms |microsoft )?word[- ](?:file|document|doc|datei|dokument|format|version)|(?:an?|the|in|as|ein|als|in|to|en|como|au format|im) (?:ms |microsoft )?word(?=[.!?,:\\s]*$|\\s(?:about|on|for|with|über|mit|sur|avec|sobre|con)(?![\\p{L}]))|(?:document|fichier|documento|archivo|rapport|informe) (?:de )?word(?![\\p{L}])|google docs?(?![\\p{L}])|odt(?![\\p{L}])',
    ),
    message: {
      en: 'I cannot make Word files: there is no tool for them yet. I can make the same as a PDF.',
      de: 'Ich kann keine Word-Dateien erstellen: Dafür gibt es noch kein Werkzeug. Dasselbe geht als PDF.',
      fr: 'Je ne peux pas faire de fichiers Word : il n’y a pas encore d’outil pour cela. Je peux faire la même chose en PDF.',
      es: 'No puedo hacer archivos de Word: todavía no hay herramienta para eso. Puedo hacer lo mismo en PDF.',
    },
  },
  {
    pattern: made(
      '(?:poems?|haikus?|limericks?|(?:short )?stor(?:y|ies)|jokes?|songs?|lyrics|essays?|novel|fairy ?tale|slogans?|taglines?|blog ?posts?|tweets?|(?:linkedin|instagram|facebook|social media)[- ]posts?|cover letters?|speech|toast|press release|newsletter|articles?|gedichte?|geschichten?|witze?|lieder?|aufsatz|märchen|blogbeitrag|blogartikel|artikel|rede|bewerbung(?:sschreiben)?|pressemitteilung|poèmes?|histoires?|blagues?|chansons?|dissertation|contes?|discours|lettre de motivation|communiqué|poemas?|cuentos?|historias?|chistes?|canci(?:ón|ones)|ensayos?|discursos?|artículos?|carta de presentación)',
    ),
    message: {
      en: 'I cannot write texts of my own, such as poems, stories, articles or speeches: I only arrange what you give me.',
      de: 'Ich kann keine eigenen Texte schreiben, etwa Gedichte, Geschichten, Artikel oder Reden: Ich ordne nur, was du mir gibst.',
      fr: 'Je ne sais pas écrire de textes moi-même (poèmes, histoires, articles, discours) : je ne fais qu’arranger ce que vous me donnez.',
      es: 'No sé escribir textos propios, como poemas, cuentos, artículos o discursos: solo ordeno lo que me das.',
    },
  },
  {
    pattern: atStart(
      '(?:re-?write|rephrase|reword|paraphrase|proof-?read|improve|polish|correct|edit|fix (?:the|this|my) (?:grammar|spelling|text|mistakes)|make (?:this|it|the text|my text) (?:sound|more|shorter|better|friendlier|formal)|formulier\\p{L}*|umformulier|korrigier|verbesser|überarbeite|reformule|corrige|améliore|réécri|reescrib|mejora)(?=[\\p{L}]*\\s)',
    ),
    message: {
      en: 'I cannot rewrite or correct texts: I can only pick sentences out of a text, word for word.',
      de: 'Ich kann Texte nicht umschreiben oder korrigieren: Ich kann nur Sätze wörtlich heraussuchen.',
      fr: 'Je ne sais pas réécrire ni corriger des textes : je peux seulement en extraire des phrases, mot pour mot.',
      es: 'No sé reescribir ni corregir textos: solo puedo extraer frases, palabra por palabra.',
    },
  },
  {
    pattern: made(
      'images?|pictures?|photos?|logos?|illustrations?|posters?|icons?|memes?|videos?|animations?|music|podcasts?|bild(?:er)?|fotos?|plakate?|musik|vidéos?|affiches?|musique|imágenes|imagen|carteles?|música|dibujos?|dessins?|cats?|dogs?|houses?|katze|hund|haus|chat|chien|maison|gato|perro|casa|web ?sites?|web ?pages?|landing ?pages?|apps?|webseiten?|homepage|sites? web|sites?|páginas? web',
    ),
    message: {
      en: 'I cannot make pictures, videos, music, apps or websites: I have no tool for them.',
      de: 'Ich kann keine Bilder, Videos, Musik, Apps oder Webseiten machen: Dafür habe ich kein Werkzeug.',
      fr: 'Je ne peux pas faire d’images, de vidéos, de musique, d’applications ni de sites : je n’ai pas d’outil pour cela.',
      es: 'No puedo hacer imágenes, vídeos, música, aplicaciones ni sitios web: no tengo herramienta para eso.',
    },
  },
  {
    pattern: source(
      '(?:read|check|answer|reply to|sort|delete|forward|lies|prüfe|beantworte|lis|vérifie|réponds|lee|revisa|responde)(?: to| aux?| a| à)? (?:all )?(?:my|the|our|meine[nr]?|die|mes|les|mis|los) (?:new |last |neuen |letzten |derniers |últimos )?(?:e-?mails?|mails?|inbox|messages|posteingang|nachrichten|courriels?|boîte|correos?|bandeja|mensajes)|(?:calendar|appointments?|kalender|termine?|agenda|rendez-vous|calendario|cita) (?:entry|event|for|with|mit|eintrag|avec|con)|(?:schedule|set up|arrange|vereinbare|fixe|agenda) (?:an? |einen |une? |una )?(?:meeting|call|appointment|termin|rendez-vous|réunion|reunión|cita)|remind me|erinnere mich|rappelle-moi|recuérdame',
    ),
    message: {
      en: 'I cannot read mailboxes or keep calendars and reminders: I have no tool for them.',
      de: 'Ich kann keine Postfächer lesen und keine Kalender oder Erinnerungen führen: Dafür habe ich kein Werkzeug.',
      fr: 'Je ne peux pas lire de boîtes aux lettres ni tenir d’agenda ou de rappels : je n’ai pas d’outil pour cela.',
      es: 'No puedo leer buzones ni llevar calendarios o recordatorios: no tengo herramienta para eso.',
    },
  },
  {
    pattern: atStart(
      '(?:book|reserve|order|buy|purchase|pay|call|phone|ring|cancel my|sign me up|buche|reserviere|bestelle?|kaufe?|bezahle?|ruf|rufe|réserve|commande|achète|paie|appelle|téléphone|reserva|compra|pide|paga|llama)(?:[- ](?:me|mir|moi))?(?![\\p{L}])',
    ),
    message: {
      en: 'I cannot book, buy, pay or call anybody: I have no tool that acts outside this platform.',
      de: 'Ich kann nichts buchen, kaufen oder bezahlen und niemanden anrufen: Ich habe kein Werkzeug dafür.',
      fr: 'Je ne peux rien réserver, acheter ou payer, ni appeler personne : je n’ai pas d’outil pour cela.',
      es: 'No puedo reservar, comprar ni pagar nada, ni llamar a nadie: no tengo herramienta para eso.',
    },
  },
]

export function beyondIntent({ instruction, say }: Request): Goal | null {
  const found = list.find(({ pattern }) => pattern.test(instruction))
  return found ? { kind: 'limit', message: say(found.message) } : null
}
