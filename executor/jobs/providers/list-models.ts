/** Asks a model server for its list of models. Servers differ, so the answer is read with care and bounded. */
import { z } from 'zod'
import { ForbiddenTargetError } from '../../outgoing/outgoing.ts'

const TIMEOUT_MS = 15_000
const MAX_BYTES = 4 * 1024 * 1024
const MAX_MODELS = 500
const MAX_NAME = 200

export interface ServerLook {
  /** Why the server could not be reached, for people. */
  unreachable?: string
  /** Why there is no list, for people. */
  noList?: string
  models: string[]
}

const Named = z.union([z.string(), z.object({ id: z.string() }), z.object({ name: z.string() })])
const List = z.union([z.array(Named), z.object({ data: z.array(Named) }), z.object({ models: z.array(Named) })])

/** Never rejects. */
export async function listModels(baseUrl: string, apiKey: string, send: typeof fetch): Promise<ServerLook> {
  const url = `${baseUrl.replace(/\/+$/, '')}/models`
  try {
    const answer = await send(url, {
      headers: { accept: 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!answer.ok) {
      await answer.body?.cancel()
      return { models: [], noList: refusal(answer.status, apiKey !== '') }
    }
    return read(await boundedText(answer))
  } catch (error) {
    return { models: [], unreachable: reasonOf(error, new URL(baseUrl)) }
  }
}

function refusal(status: number, hasKey: boolean): string {
  if (status === 401 || status === 403) {
    return hasKey
      ? `The server refused the API key (HTTP ${status}). Check the key, and that it belongs to this provider.`
      : `The server wants an API key (HTTP ${status}). Enter one.`
  }
  if (status === 404 || status === 405) {
    return `The server has no list of models there (HTTP ${status}). Check the base URL: most end in /v1. If it is right, enter the names of the models by hand.`
  }
  return `The server gave no list of models (HTTP ${status}). Enter the names of the models by hand, or try again later.`
}

function read(text: string): ServerLook {
  const noList =
    'The server answered with something that is not a list of models. Check the base URL: most end in /v1, and a web page is none.'
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { models: [], noList }
  }
  const { data } = List.safeParse(json)
  if (!data) return { models: [], noList }
  const named = Array.isArray(data) ? data : 'data' in data ? data.data : data.models
  const names = named.map((item) => (typeof item === 'string' ? item : 'id' in item ? item.id : item.name))
  const models = [...new Set(names)].filter((name) => name && name.length <= MAX_NAME).slice(0, MAX_MODELS)
  return models.length > 0
    ? { models }
    : { models, noList: 'The server lists no models. Load one there, then test again.' }
}

async function boundedText(answer: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of answer.body ?? []) {
    bytes += piece.length
    if (bytes > MAX_BYTES) return '' // not a list of models
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

/** What to do about an error of the connection. */
function reasonOf(error: unknown, { host, hostname, protocol }: URL): string {
  if (error instanceof ForbiddenTargetError) return error.message
  const { code = '', name, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing answers at ${host}. Start the server there, and check the port.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `There is no host ${hostname}. Check how it is spelled.`
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return `${host} hung up. ${protocol === 'https:' ? 'Check whether it speaks http instead of https.' : 'Check whether it wants https.'}`
  }
  if (name === 'TimeoutError' || /TIMEOUT|ETIMEDOUT/i.test(code)) {
    return `${host} did not answer in time. Check the address, and whether a firewall stands between.`
  }
  if (/CERT|SSL|TLS|EPROTO/i.test(`${code} ${message}`)) {
    return `${host} has no certificate that this installation trusts, or does not speak https.`
  }
  return `${host} could not be reached (${code || message.slice(0, 200)}).`
}
