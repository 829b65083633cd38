/** A demo account that uses the public API of a running product (`product.ts`). */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SupabaseClient } from '@supabase/supabase-js'
import { isTerminal } from '../../contracts/runs.ts'
import type { Api } from '../../sdk/index.ts'
import { type Product, signInTo } from './product.ts'

const RUN_SECONDS = 120
const POLL_MS = 100

export class Person {
  readonly client: SupabaseClient
  readonly #api: Api
  readonly #workspace: string

  private constructor(client: SupabaseClient, api: Api, workspace: string) {
    this.client = client
    this.#api = api
    this.#workspace = workspace
  }

  static async signIn(product: Product, email: string): Promise<Person> {
    const { client, api } = await signInTo(product, email)
    const { data } = await client.from('workspaces').select('id').limit(1).single().throwOnError()
    return new Person(client, api, data.id)
  }

  /** Without `model`, the persona takes the installation's. */
  async createPersona(model?: string): Promise<string> {
    const { persona } = await this.#api.personas.create({
      workspace_id: this.#workspace,
      name: 'Paula',
      instructions: 'You do office work.',
      ...(model ? { model: { primary: model, fallbacks: [] } } : {}),
    })
    return persona.id
  }

  async startRun(personaId: string, input = 'Do it.'): Promise<string> {
    return (await this.#api.runs.create({ persona_id: personaId, input })).id
  }

  /** The run's status when it has ended, or after two minutes. */
  async untilEnded(runId: string): Promise<string> {
    const giveUpAt = Date.now() + RUN_SECONDS * 1000
    for (;;) {
      const { data } = await this.client.from('runs').select('status').eq('id', runId).single().throwOnError()
      if (isTerminal(data.status) || Date.now() > giveUpAt) return data.status
      await sleep(POLL_MS)
    }
  }
}
