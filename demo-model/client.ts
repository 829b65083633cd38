/** Puts scripts into a running demo model, for tests and tools. `url` is that of `startDemoModel`. */
import type { SeenRequest, Turn } from './scripts.ts'

/** Returns the name of the new model, `scripted/<id>`. Throws when the script is not valid. */
export async function addScript(url: string, turns: Turn[]): Promise<string> {
  const response = await fetch(`${url}/scripts`, { method: 'POST', body: JSON.stringify({ turns }) })
  if (!response.ok) throw new Error(`The script was refused: ${await response.text()}`)
  return ((await response.json()) as { model: string }).model
}

/** The requests to the scripted model so far, oldest first. */
export async function scriptRequests(url: string, model: string): Promise<SeenRequest[]> {
  const response = await fetch(`${url}/${model.replace('scripted/', 'scripts/')}/requests`)
  if (!response.ok) throw new Error(`No requests of ${model}: ${await response.text()}`)
  return ((await response.json()) as { requests: SeenRequest[] }).requests
}
