/** Keeps a number of runs going. Their personas together use every part of the engine. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Turn } from '../../demo-model/scripts.ts'
import { acme, owner, type Platform } from '../runs/support/platform.ts'
import { patiently } from './patience.ts'

const call = (name: string, input: object = {}) => ({ name, arguments: input as Record<string, unknown> })

/** Lets effects run without asking, unless the persona must ask. */
const scripts: { asks?: boolean; turns: Turn[] }[] = [
  {
    turns: [
      { delay_ms: 50, tool_calls: [call('count_pure'), call('count_idempotent')] },
      { tool_calls: [call('send_mail')] },
      { tool_calls: [call('post_form')] },
      { text: 'Counted, written and sent.' },
    ],
  },
  {
    turns: [
      { tool_calls: [call('send_mail'), call('post_form'), call('count_pure')] },
      { delay_ms: 100, text: 'All at once.' },
    ],
  },
  {
    turns: [
      { error: { status: 503, times: 1 }, tool_calls: [call('count_idempotent', { flaky: true })] },
      { text: 'slow '.repeat(40), chunk_size: 5, chunk_delay_ms: 40 },
    ],
  },
  {
    asks: true,
    turns: [
      { tool_calls: [call('tool_search', { query: 'post a form' })] },
      { tool_calls: [call('post_form')] },
      { tool_calls: [call('ask_human', { question: 'Shall I go on?' })] },
      { text: 'As you wish.' },
    ],
  },
]

const limits = { max_parallel_runs: 100_000, runs_per_hour: 1_000_000, max_seconds: 86_400 }

export class Load {
  readonly #platform: Platform
  readonly #personas: string[] = []
  readonly accepted: string[] = []
  /** The messages to runs that the database has answered for: their ids and texts. */
  readonly messages: { id: string; input: string }[] = []
  #wanted = 0
  #feeding: Promise<void> | undefined

  constructor(platform: Platform) {
    this.#platform = platform
  }

  get personas(): readonly string[] {
    return this.#personas
  }

  async prepare(): Promise<void> {
    const { query } = this.#platform
    await query('update workspaces set limits = $2 where id = $1', [acme, JSON.stringify({ runs_per_minute: 100_000 })])
    for (const { turns, asks } of scripts) {
      const { id } = await this.#platform.persona(turns, { limits })
      this.#personas.push(id)
      for (const tool of ['send_mail', 'post_form']) {
        await this.#platform.asUser(owner, 'set_persona_tool(persona_id => $1, tool_name => $2, settings => $3)', [
          id,
          tool,
          JSON.stringify({ policy: asks ? 'ask' : 'allow' }),
        ])
      }
    }
  }

  /** From now on, this number of runs is under way. */
  keep(runs: number): void {
    this.#wanted = runs
    this.#feeding ??= this.#feed()
  }

  /** Starts no more runs. */
  async end(): Promise<void> {
    this.#wanted = 0
    await this.#feeding
    this.#feeding = undefined
  }

  async #feed(): Promise<void> {
    while (this.#wanted > 0) {
      const missing = this.#wanted - (await this.#live())
      await Promise.all(Array.from({ length: Math.min(missing, 4) }, () => this.#start()))
      await sleep(100)
    }
  }

  async #live(): Promise<number> {
    const [row] = await patiently(() =>
      this.#platform.query<{ live: number }>(
        "select count(*) as live from runs where status in ('queued', 'running', 'waiting')",
      ),
    )
    return row?.live ?? 0
  }

  /** A run counts as accepted when the database has answered. The key makes a repeated request return the same run. */
  async #start(): Promise<void> {
    const number = this.#starts++
    const personaId = this.#personas[number % this.#personas.length]
    const { run } = await patiently(() =>
      this.#platform.asUser<{ run: { id: string } }>(
        owner,
        'create_run(persona_id => $1, input => $2, idempotency_key => $3)',
        [personaId, `Chaos ${number}.`, `chaos-${number}`],
      ),
    )
    this.accepted.push(run.id)
    if (number % 3 === 0) await this.#send(run.id, number)
    else if (number % 3 === 1 && number > 20) await this.#send(this.accepted[number - 20]!, number)
  }

  /** To a run that has just begun, or to an older one, which may have ended. */
  async #send(runId: string, number: number): Promise<void> {
    const input = `Message ${number}.`
    const { message_id } = await patiently(() =>
      this.#platform.asUser<{ message_id: string }>(
        owner,
        'send_message(run_id => $1, input => $2, idempotency_key => $3)',
        [runId, input, `chaos-message-${number}`],
      ),
    )
    this.messages.push({ id: message_id, input })
  }
  #starts = 0
}
