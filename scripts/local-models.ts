/**
 * Finds model servers that already run on this machine: Ollama, LM Studio, llama.cpp, vLLM. They are only asked for their
 * list of models. None is used unless `npm start -- --model NAME` names one of their models.
 */
import { z } from 'zod'

/** A list that takes longer does not hold up the start. */
const TIMEOUT_MS = 1_000
const MAX_MODELS = 500

/** The ports that these servers listen on unless told otherwise. */
const USUAL_PORTS = 'Ollama:11434, LM Studio:1234, llama.cpp:8080, vLLM:8000'

export interface LocalServer {
  /** "Ollama", for people. */
  name: string
  /** `127.0.0.1:11434`, as in INTERNAL_HOSTS. */
  host: string
  baseUrl: string
  models: string[]
}

export interface LocalModel {
  server: LocalServer
  model: string
}

const List = z.object({ data: z.array(z.object({ id: z.string().min(1).max(200) })).max(MAX_MODELS) })

/** The servers that answer with at least one model. `places` is a list like "Ollama:11434, vLLM:8000", or "none". */
export async function findLocalServers(places = USUAL_PORTS): Promise<LocalServer[]> {
  const found = await Promise.all(parsePlaces(places).map(look))
  return found.filter((server) => server !== undefined)
}

function parsePlaces(places: string): { name: string; port: number }[] {
  if (places.trim() === 'none') return []
  return places
    .split(',')
    .map((place) => /^\s*(.+):(\d{1,5})\s*$/.exec(place))
    .map((found) => {
      if (!found) throw new Error('LOCAL_MODEL_SERVERS is a list such as "Ollama:11434, vLLM:8000", or "none".')
      return { name: found[1]!, port: Number(found[2]) }
    })
}

async function look({ name, port }: { name: string; port: number }): Promise<LocalServer | undefined> {
  const host = `127.0.0.1:${port}`
  const baseUrl = `http://${host}/v1`
  try {
    const answer = await fetch(`${baseUrl}/models`, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    const { data } = List.safeParse(answer.ok ? await answer.json() : undefined)
    const models = data?.data.map(({ id }) => id) ?? []
    return models.length > 0 ? { name, host, baseUrl, models } : undefined
  } catch {
    return undefined // nothing listens there, or something else does
  }
}

/** The server that has the model `wanted`. Throws an error that says which models there are. */
export function chooseLocalModel(servers: LocalServer[], wanted: string): LocalModel {
  const server = servers.find(({ models }) => models.includes(wanted))
  if (server) return { server, model: wanted }
  const known = servers.flatMap(({ name, models }) => models.map((model) => `  ${model} (${name})`))
  const there = known.length > 0 ? `These are there:\n${known.join('\n')}` : 'No model server answers on this machine.'
  throw new Error(`No model server on this machine has the model ${JSON.stringify(wanted)}. ${there}`)
}

const SHOWN_MODELS = 3

/** Tells people how to take a model that is there. Undefined when none is. */
export function offerOf(servers: LocalServer[]): string | undefined {
  if (servers.length === 0) return undefined
  const lines = servers.flatMap(({ name, models }) => [
    ...models.slice(0, SHOWN_MODELS).map((model) => `    ${name.padEnd(10)} npm start -- --model ${quoted(model)}`),
    ...(models.length > SHOWN_MODELS ? [`    ${name.padEnd(10)} … and ${models.length - SHOWN_MODELS} more`] : []),
  ])
  return `  A real model is on this machine. The platform uses it only when you name it:\n${lines.join('\n')}`
}

/** For a shell. A name comes from a server, so it may hold anything. */
const quoted = (model: string) => (/^[\w.:/@-]+$/.test(model) ? model : `'${model.replace(/[^\w.:/@ -]/g, '?')}'`)
