/** The person who is asked. Approves, answers, and checks in the external world whether an unknown effect happened. */
import { setTimeout as sleep } from 'node:timers/promises'
import { owner, type Platform } from '../runs/support/platform.ts'
import { patiently } from './patience.ts'
import type { World } from './world.ts'

/** How long a question waits for its answer, so that there is time to send its mail. */
const THINKS_SECONDS = 1

interface Question {
  id: string
  kind: 'approval' | 'question' | 'unknown_effect'
  tool_run_id: string
}

export class Person {
  /** Unknown effects that the person was asked about, by what had really happened. */
  readonly unknown = { done: 0, do_again: 0 }
  readonly #platform: Platform
  readonly #world: World
  readonly #stopping = new AbortController()
  readonly #answering: Promise<void>

  constructor(platform: Platform, world: World) {
    this.#platform = platform
    this.#world = world
    this.#answering = this.#answer()
  }

  async leave(): Promise<void> {
    this.#stopping.abort()
    await this.#answering
  }

  async #answer(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const questions = await patiently(() =>
        this.#platform.query<Question>(
          `select id, kind, tool_run_id from approvals
           where status = 'pending' and created_at < now() - make_interval(secs => $1) limit 50`,
          [THINKS_SECONDS],
        ),
      )
      for (const question of questions) await this.#decide(question)
      await sleep(200)
    }
  }

  async #decide({ id, kind, tool_run_id }: Question): Promise<void> {
    const decision = { approval: 'approve', question: 'answer', unknown_effect: this.#lookAt(tool_run_id) }[kind]
    await patiently(() =>
      this.#platform
        .asUser(owner, "decide(approval_id => $1, decision => $2, answer => 'Yes.')", [id, decision])
        // the database may have failed after it took the first answer
        .catch((error: Error & { hint?: string }) => {
          if (error.hint !== 'already_decided') throw error
        }),
    )
    if (kind === 'unknown_effect') this.unknown[decision as 'done' | 'do_again'] += 1
  }

  #lookAt(toolRunId: string): 'done' | 'do_again' {
    return this.#world.effects.has(toolRunId) ? 'done' : 'do_again'
  }
}
