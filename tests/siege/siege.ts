/** Attacks a running product, while another tenant's runs continue and the time of `/health` is measured. */
import { setTimeout as sleep } from 'node:timers/promises'
import { addScript } from '../../demo-model/client.ts'
import { type DemoModel, startDemoModel } from '../../demo-model/server.ts'
import { Person } from '../support/person.ts'
import { type Product, startProduct } from '../support/product.ts'
import type { Target } from './attacks.ts'

const PAUSE_MS = 20
const QUIET_PINGS = 100

export interface Siege {
  product: Product
  target: Target
  /** Starts one honest run after the other until `work` is done. Resolves to the status of each. */
  besideRuns(work: () => Promise<void>): Promise<string[]>
  close(): Promise<void>
}

export async function startSiege(): Promise<Siege> {
  const model: DemoModel = await startDemoModel()
  const { hostname, port } = new URL(model.url)
  const product = await startProduct({
    env: { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'none', INTERNAL_HOSTS: `${hostname}:${port}` },
  })
  const honest = await Person.signIn(product, 'owner@acme.test')
  const attacker = await Person.signIn(product, 'owner@globex.test')
  const persona = await honest.createPersona(
    // two seconds for each run, because a person may start sixty in a minute
    await addScript(model.url, [
      { tool_calls: [{ name: 'write_file', arguments: { path: 'a.txt', content: 'a', deliver: true } }] },
      { text: 'slow '.repeat(30), chunk_size: 5, chunk_delay_ms: 60 },
    ]),
  )
  return {
    product,
    target: {
      url: product.url,
      publishableKey: product.publishableKey,
      modelUrl: model.url,
      member: attacker.client,
      runOn: async (scripted) => attacker.untilEnded(await attacker.startRun(await attacker.createPersona(scripted))),
    },
    async besideRuns(work) {
      const statuses: string[] = []
      let isDone = false
      const runs = (async () => {
        do statuses.push(await honest.untilEnded(await honest.startRun(persona)))
        while (!isDone)
      })()
      // awaited together, so that a run that cannot be started fails the test and does not end the process
      await Promise.all([runs, work().finally(() => (isDone = true))])
      return statuses
    },
    async close() {
      await product.stop()
      await model.close()
    },
  }
}

/** Requests `/health` repeatedly until `work` is done. Resolves to the sorted times in ms. */
export async function healthDuring(url: string, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = []
  let isDone = false
  const pings = (async () => {
    while (!isDone) {
      times.push(await pingHealth(url))
      await sleep(PAUSE_MS)
    }
  })()
  await Promise.all([pings, work().finally(() => (isDone = true))])
  return times.sort((a, b) => a - b)
}

export async function quietHealth(url: string): Promise<number[]> {
  const times: number[] = []
  for (let ping = 0; ping < QUIET_PINGS; ping++) times.push(await pingHealth(url))
  return times.sort((a, b) => a - b)
}

async function pingHealth(url: string): Promise<number> {
  const began = performance.now()
  const response = await fetch(`${url}/health`)
  await response.text()
  if (!response.ok) throw new Error(`/health answers ${response.status}`)
  return performance.now() - began
}
