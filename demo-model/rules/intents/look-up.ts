/** Questions to the web and to the memory. They are for tools; without the tool it says that it cannot look them up. */
import { outputsOf } from '../documents/outputs.ts'
import type { Goal } from '../goal.ts'
import type { Texts } from '../language/language.ts'
import type { Request } from '../request.ts'

/** An order to search; it counts beside a document as well. */
const search =
  /(?<![\p{L}])(?:search (?:the |for )?(?:web|internet|online)|on the (?:web|internet)|google|look up|such\p{L}* (?:im|das) (?:netz|internet|web)|recherchier\p{L}*|im internet|sur internet|en internet)(?![\p{L}])|https?:\/\//iu
const web =
  /(?<![\p{L}])(?:weather|forecast|wetter(?:bericht|vorhersage)?|météo|quel temps|qué tiempo|pronóstico|news|nachrichten von|schlagzeilen|actualités|noticias|browse|research|find out|cherche sur|busca en|stock price|share price|exchange rate|aktienkurs|wechselkurs|börsenkurs|cours de l['’]action|taux de change|cotización|tipo de cambio|who (?:is|was|won)|wer (?:ist|war|hat)|qui (?:est|était|a gagné)|quién (?:es|fue|ganó)|capital of|hauptstadt|capitale d|capital de|price of|population of|einwohner von)(?![\p{L}])/iu
const memory =
  /(?<![\p{L}])(?:what did (?:i|we) (?:say|tell|decide|discuss|write)|do you remember|remember (?:that|my|this)|(?:in|from|search) (?:my|our|the) (?:documents|notes|knowledge|memory|handbook)|knowledge base|according to our|was (?:habe ich|haben wir)|erinnerst du dich|merk dir|in (?:meinen|unseren) (?:dokumenten|notizen|unterlagen)|souviens-toi|rappelles-tu|dans (?:mes|nos) (?:documents|notes)|recuerda que|te acuerdas|en (?:mis|nuestros) (?:documentos|notas))(?![\p{L}])/iu

const MAX_QUERY = 300

export function lookUpIntent({ task, instruction, say }: Request): Goal | null {
  const isMemory = memory.test(instruction)
  const isQuestion = web.test(instruction) && outputsOf(instruction).length === 0
  if (!isMemory && !isQuestion && !search.test(instruction)) return null
  const query = task.slice(0, MAX_QUERY)
  const step = isMemory
    ? { tool: 'rag_search', query: 'search memory documents', title: say(memoryTitle), arguments: { query } }
    : { tool: 'web_search', query: 'search the web', title: say(webTitle), arguments: { query } }
  return { kind: 'do', steps: [step], remark: '', without: say(isMemory ? noMemory : noWeb) }
}

const webTitle = { en: 'Search the web', de: 'Im Web suchen', fr: 'Chercher sur le web', es: 'Buscar en la web' }
const memoryTitle: Texts = {
  en: 'Search the memory',
  de: 'Im Gedächtnis suchen',
  fr: 'Chercher dans la mémoire',
  es: 'Buscar en la memoria',
}
const noWeb: Texts = {
  en: 'I cannot look this up: there is no tool for the web here, and I know nothing by myself.',
  de: 'Ich kann das nicht nachsehen: Hier gibt es kein Werkzeug für das Web, und selbst weiß ich nichts.',
  fr: 'Je ne peux pas le chercher : il n’y a pas d’outil pour le web ici, et je ne sais rien par moi-même.',
  es: 'No puedo consultarlo: aquí no hay herramienta para la web, y por mí mismo no sé nada.',
}
const noMemory: Texts = {
  en: 'I cannot look this up: there is no tool for the memory here, and I keep nothing from one task to the next.',
  de: 'Ich kann das nicht nachsehen: Hier gibt es kein Werkzeug für das Gedächtnis, und ich merke mir nichts.',
  fr: 'Je ne peux pas le chercher : il n’y a pas d’outil pour la mémoire ici, et je ne retiens rien.',
  es: 'No puedo consultarlo: aquí no hay herramienta para la memoria, y no recuerdo nada.',
}
