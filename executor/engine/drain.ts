/** How a worker stops: nothing new, then what runs may end, then what can be done again elsewhere is handed back. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { HeldWork } from './held-work.ts'

/** How long handing back may take, and effects that are under way. */
const HAND_BACK_SECONDS = 10

interface Drainable {
  drain(): Promise<void>
}

/** What is running may end within `seconds`. Resolves at the latest HAND_BACK_SECONDS after that. */
export async function drainLoops(loops: Drainable[], held: HeldWork, seconds: number, log: Logger): Promise<void> {
  const idle = Promise.all(loops.map((loop) => loop.drain()))
  if (await endsWithin(seconds, idle)) return
  held.abortForDrain()
  if (!(await endsWithin(HAND_BACK_SECONDS, idle))) {
    log.warn('some work could not be handed back; its lease ends by itself')
  }
}

async function endsWithin(seconds: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  const late = sleep(seconds * 1000, false, { signal: timer.signal }).catch(() => false)
  const isDone = await Promise.race([work.then(() => true), late])
  timer.abort()
  return isDone
}
