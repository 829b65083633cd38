import type { SupabaseClient } from '@supabase/supabase-js'
import type { Database } from '../../contracts/database.ts'
import { isTerminal, type RunStep } from '../../contracts/runs.ts'
import { Failure } from '../failure.ts'
import { followRun } from './follow-run.ts'
import { emptyFeed, statusOf } from './run-feed.ts'
import { runSource } from './run-source.ts'

/**
 * Yields every step of a run once and in order: first the past steps, then the live ones. Ends after the step that ends the
 * run. Reconnects after a lost connection, and throws a `Failure` if the steps cannot be read. For a run that the caller may
 * not see, it yields nothing and never ends.
 */
export async function* stepsOf(db: SupabaseClient<Database>, runId: string): AsyncGenerator<RunStep, void, undefined> {
  let feed = emptyFeed()
  let refusal: Failure | null = null
  let wake = () => {}
  const follower = followRun(runSource(db, runId), {
    onFeed(next) {
      feed = next
      wake()
    },
    onConnection() {},
    onError(error) {
      if (!(error instanceof Failure) || error.status < 400 || error.status >= 500) return
      refusal = error
      wake()
    },
  })
  try {
    for (let given = 0; ; given++) {
      while (given === feed.steps.length) {
        if (refusal) throw refusal
        if (isTerminal(statusOf(feed) ?? '')) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      yield feed.steps[given]!
    }
  } finally {
    follower.stop()
  }
}
