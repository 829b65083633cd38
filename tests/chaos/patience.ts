/** Queries of the harness to a database that it kills itself. */
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 60_000

/** Repeats `work` while the database is unreachable. `work` must be safe to repeat. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const { code = '' } = error as { code?: string }
      const isRefusal = code.startsWith('PT') || code.startsWith('42') || code.startsWith('22')
      if (isRefusal || Date.now() > giveUpAt) throw error
      await sleep(100)
    }
  }
}
