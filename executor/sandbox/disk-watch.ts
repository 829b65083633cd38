/**
 * Neither Docker nor bubblewrap has a disk quota that works everywhere. So the disk use of a persona is measured from time
 * to time, and a sandbox above its limit is ended. It can be started again above the limit, to delete files.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LaunchedRunner } from './launchers/launcher.ts'
import type { RunnerClient } from './runner-client.ts'

/** Watches until the runner is gone. Never rejects. */
export async function watchDisk(
  runner: LaunchedRunner,
  client: RunnerClient,
  limitMb: number,
  intervalMs: number,
): Promise<void> {
  let before = Number.POSITIVE_INFINITY
  while (!client.lost) {
    const used = await runner.diskUsedMb().catch(() => undefined) // the runner may be ending
    if (used !== undefined) {
      if (used > limitMb && used > before) {
        client.end('tool_failed', `it keeps ${used} MB of files where ${limitMb} MB is the limit`)
      }
      before = used
    }
    await sleep(intervalMs, undefined, { ref: false })
  }
}
