/**
 * Measures the time from the commit of a run's step to a supabase-js subscriber. It uses the embedded stack on a real
 * PostgreSQL, and a signed-in person on the run's private channel. The server records the commit times
 * (`pg_xact_commit_timestamp`), and server and subscriber share this machine's clock.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import { pino } from 'pino'
import { runEvents, runTopic } from '../../contracts/runs.ts'
import { startExecutor } from '../../executor/executor.ts'
import { DEMO_PASSWORD } from '../../supabase/embedded/demo.ts'
import { startEmbedded } from '../../supabase/embedded/main.ts'
import { fakes, PERSONA, prepare } from './platform.ts'
import { answer, TASK } from './work.ts'

const PAUSE_MS = 20

/** Milliseconds from commit to arrival, one value per step. `databaseUrl` needs `track_commit_timestamp`. */
export async function eventDelays(databaseUrl: string, runs: number): Promise<number[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'persona-bench-'))
  const log = pino({ level: 'error' })
  const functionsDir = join(dataDir, 'no-functions')
  const embedded = await startEmbedded({ dataDir, databaseUrl, apiPort: 0, functionsDir, demo: true, log })
  const { query } = embedded.database
  await prepare(query)
  /** Keeps the model waiting until the page has joined. */
  let gate = Promise.resolve()
  const executor = await startExecutor({
    ...fakes,
    openModel: () => ({ complete: ({ messages }) => gate.then(() => answer(messages)) }),
    database: embedded.database,
    supabaseUrl: embedded.apiUrl,
    secretKey: embedded.keys.secret,
    encryptionKey: embedded.keys.encryptionKey,
    defaultModel: { baseUrl: 'http://unused/v1', apiKey: '', model: 'demo', isDemo: true },
    sandboxes: { describe: 'none', sandboxFor: () => Promise.reject(new Error('the benchmark has no sandbox')) },
    log,
  })
  const browser = createClient(embedded.apiUrl, embedded.keys.publishable)
  try {
    const { data, error } = await browser.auth.signInWithPassword({ email: 'owner@acme.test', password: DEMO_PASSWORD })
    if (error) throw error
    await browser.realtime.setAuth(data.session.access_token)
    const delays: number[] = []
    for (let run = 0; run < runs; run++) delays.push(...(await delaysOfOneRun()))
    return delays
  } finally {
    await browser.removeAllChannels()
    await executor.close()
    await embedded.close()
    await rm(dataDir, { recursive: true, force: true })
  }

  async function delaysOfOneRun(): Promise<number[]> {
    const arrivals = new Map<number, number>()
    let open = () => {}
    gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const start = `select id from platform.start_run(persona_id => $1, actor_id => null, source => 'api', input => $2)`
    const [row] = await query<{ id: string }>(start, [PERSONA, TASK])
    const channel = browser.channel(runTopic(row!.id), { config: { private: true } })
    let isOver = () => {}
    const over = new Promise<void>((resolve) => {
      isOver = resolve
    })
    channel.on('broadcast', { event: runEvents.steps }, ({ payload }) => {
      for (const { seq, data } of payload.steps) {
        arrivals.set(seq, Date.now())
        if (data.to === 'completed') isOver()
      }
    })
    await new Promise<void>((resolve, reject) => {
      channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve() : error && reject(error)))
    })
    open()
    await over
    const committed = await query<{ seq: number; at: number }>(
      `select seq, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at from public.run_steps where run_id = $1`,
      [row!.id],
    )
    await browser.removeChannel(channel)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS)) // fixed wait: each run starts on an idle database
    return committed.flatMap(({ seq, at }) => (arrivals.has(seq) ? [arrivals.get(seq)! - at] : []))
  }
}
