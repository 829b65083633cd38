/** A task of the worker itself that is done again and again, each time some while after the last one ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

/** `work` returns the milliseconds until the next time; a fifth of them is random. Failures are logged and waited for. */
export function repeat(name: string, work: () => Promise<number>, log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const run = async () => {
    let wait = 0
    while (!stopping.signal.aborted) {
      await sleep(wait * (0.9 + Math.random() / 5), undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      try {
        wait = await work()
      } catch (error) {
        log.warn({ err: error, task: name }, 'a task of the worker failed; trying again')
        wait = 2_000
      }
    }
  }
  const running = run()
  return {
    stop() {
      stopping.abort()
      return running
    },
  }
}
