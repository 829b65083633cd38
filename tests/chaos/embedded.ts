/**
 * The embedded stack: the process of `npm start` (PGlite, API and executor in one) is repeatedly killed and started
 * again on the same data folder, while a person gives it work through the API. These runs use no tool that is an
 * effect, so this test says nothing about doubled effects. It shows that PGlite, its queues and the runs survive.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SupabaseClient } from '@supabase/supabase-js'
import { isTerminal } from '../../contracts/runs.ts'
import { addScript } from '../../demo-model/client.ts'
import type { Turn } from '../../demo-model/scripts.ts'
import { startDemoModel } from '../../demo-model/server.ts'
import type { Api } from '../../sdk/index.ts'
import { demoAccounts } from '../../supabase/embedded/demo.ts'
import { acme } from '../runs/support/platform.ts'
import { freePort } from '../support/free-port.ts'
import { type Product, signInTo, startProduct } from '../support/product.ts'
import { type Random, seededRandom } from './random.ts'
import { percentile } from './recovery.ts'
import type { Report } from './report.ts'

const STUCK_SECONDS = 60
/** Less than a person may start in a minute. */
const RUNS_PER_LIFE = 3

const turns: Turn[] = [
  { tool_calls: [{ name: 'write_file', arguments: { path: 'a.txt', content: 'a', deliver: false } }] },
  { tool_calls: [{ name: 'ask_human', arguments: { question: 'Shall I go on?' } }] },
  { text: 'slow '.repeat(30), chunk_size: 5, chunk_delay_ms: 40 },
]

interface Life {
  product: Product
  person: SupabaseClient
  api: Api
}

export async function runEmbeddedChaos(kills: number, seed: number, say: (line: string) => void): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'persona-chaos-'))
  const model = await startDemoModel()
  const start = lifeStarter(folder, model.url, String(await freePort()))
  const random = seededRandom(seed)
  const blows: Date[] = []
  const accepted: string[] = []
  let life: Life | undefined
  try {
    life = await start()
    const personaId = await createPersona(life, await addScript(model.url, turns))
    for (let done = 0; ; done++) {
      await giveWork(life, personaId, accepted)
      if (done === kills) break
      await workFor(life, random)
      blows.push(new Date())
      await life.product.kill()
      life = await start()
      say(`  kill ${done + 1}: it answers again after ${Date.now() - blows.at(-1)!.getTime()} ms`)
    }
    await untilEnded(life)
    return await reportOn(life.person, { accepted, blows, seed })
  } finally {
    await life?.product.stop()
    await model.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function lifeStarter(folder: string, modelUrl: string, port: string): () => Promise<Life> {
  const env = { API_PORT: port, OPENAI_BASE_URL: modelUrl, OPENAI_API_KEY: 'none' }
  return async () => {
    const product = await startProduct({ env, folder })
    const { client: person, api } = await signInTo(product, demoAccounts[0].email)
    return { product, person, api }
  }
}

async function createPersona({ api }: Life, model: string): Promise<string> {
  const { persona } = await api.personas.create({
    workspace_id: acme,
    name: 'Chaos',
    instructions: 'You work in a test.',
    model: { primary: model, fallbacks: [] },
  })
  return persona.id
}

async function giveWork({ api }: Life, personaId: string, accepted: string[]): Promise<void> {
  for (let given = 0; given < RUNS_PER_LIFE; given++) {
    accepted.push((await api.runs.create({ persona_id: personaId, input: 'Do it.' })).id)
  }
}

/** Answers questions for a random time. */
async function workFor(life: Life, random: Random): Promise<void> {
  const until = Date.now() + random.between(200, 4_000)
  while (Date.now() < until) {
    await answerQuestions(life)
    await sleep(200)
  }
}

async function answerQuestions({ person, api }: Life): Promise<void> {
  const pending = answered(await person.from('approvals').select('id').eq('status', 'pending')) as { id: string }[]
  for (const { id } of pending) {
    await api.approvals.decide(id, { decision: 'answer', answer: 'Yes.' })
  }
}

async function untilEnded(life: Life): Promise<void> {
  const giveUpAt = Date.now() + STUCK_SECONDS * 1000
  while (Date.now() < giveUpAt) {
    await answerQuestions(life)
    const live = answered(
      await life.person.from('runs').select('id').in('status', ['queued', 'running', 'waiting']),
    ) as unknown[]
    if (live.length === 0) return
    await sleep(250)
  }
}

interface Told {
  accepted: string[]
  blows: Date[]
  seed: number
}

async function reportOn(person: SupabaseClient, { accepted, blows, seed }: Told): Promise<Report> {
  const runs = answered(await person.from('runs').select('id, status, reason').in('id', accepted)) as {
    id: string
    status: string
    reason: string
  }[]
  const steps = answered(await person.from('run_steps').select('created_at').order('created_at').limit(100_000)) as {
    created_at: string
  }[]
  const moments = steps.map(({ created_at }) => new Date(created_at).getTime())
  const times = blows
    .map((blow) => (moments.find((moment) => moment > blow.getTime()) ?? Number.NaN) - blow.getTime())
    .filter((ms) => !Number.isNaN(ms))
    .sort((a, b) => a - b)
  const open = runs.filter(({ status }) => !isTerminal(status))
  const failed = runs.filter(({ status }) => status === 'failed')
  const result = {
    runs: accepted.length,
    completed: runs.filter(({ status }) => status === 'completed').length,
    lost: accepted.length - runs.length,
    doubled: 0,
    unknown: 0,
    stuck: open.length,
    recovery_ms_p95: percentile(times, 0.95),
    kills: blows.length,
    seed,
  }
  return {
    result,
    faults: [
      ...(result.lost > 0 ? [`${result.lost} runs are lost`] : []),
      ...open.map(({ id, status }) => `stuck: run ${id} is ${status}`),
    ],
    rows: [
      ['runs started', result.runs],
      ['runs completed', result.completed],
      ['runs failed', failed.length === 0 ? 0 : `${failed.length} (${failed.map(({ reason }) => reason).join(', ')})`],
      ['runs lost', result.lost],
      ['runs stuck for a minute', result.stuck],
      ['kills of npm start', result.kills],
      ['kill to the next step p50, p95', `${percentile(times, 0.5)} ms, ${result.recovery_ms_p95} ms`],
    ],
  }
}

function answered({ data, error }: { data: unknown; error: unknown }): unknown {
  if (error) throw error
  return data
}
