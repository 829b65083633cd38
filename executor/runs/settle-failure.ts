/** Decides what happens to a run whose segment failed, depending on the failure. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import { backoffMs } from '../engine/backoff.ts'
import { crashPoint } from '../engine/crash-points.ts'
import { persist } from '../engine/persist.ts'
import { RunFailure, WorkAborted } from '../failures.ts'
import { DatabaseAwayError, StaleClaimError } from '../platform/errors.ts'
import { failRun } from '../platform/fail-run.ts'
import { releaseRun } from '../platform/release-run.ts'
import { retryRun } from '../platform/retry-run.ts'
import type { ClaimedRun, RunError } from '../platform/types.ts'
import { NoModelAnswered, RunStopped } from './model/call-model.ts'

const RETRY_BACKOFF = { first: 2_000, most: 120_000 }
/** The longest wait before a run is tried again, even when the provider asks for a longer one. */
const MAX_RETRY_AFTER_SECONDS = 600

interface Settling {
  query: Query
  leaseSeconds: number
  log: Logger
}

/** Rejects only when the database stays unreachable. The lease then expires, and the run is claimed again. */
export async function settleFailure(run: ClaimedRun, error: unknown, deps: Settling): Promise<void> {
  try {
    await persist(deps.leaseSeconds, () => settle(run, error, deps))
  } catch (failure) {
    if (!(failure instanceof StaleClaimError)) throw failure
    deps.log.debug('the run has ended or went to another worker; its work is thrown away')
  }
}

async function settle(run: ClaimedRun, error: unknown, { query, log }: Settling): Promise<void> {
  if (error instanceof StaleClaimError || error instanceof RunStopped) {
    log.debug({ err: error }, 'the segment is thrown away')
  } else if (error instanceof WorkAborted) {
    if (error.why === 'draining') await releaseRun(query, run.run_id, run.fence)
  } else if (error instanceof RunFailure) {
    await failRun(query, run.run_id, run.fence, { code: error.code, message: error.message })
  } else if (error instanceof NoModelAnswered) {
    if (error.isRetryable) await retry(run, error.reason, error.retryAfterSeconds, query)
    else await failRun(query, run.run_id, run.fence, error.reason)
  } else if (error instanceof DatabaseAwayError) {
    // the segment is not at fault, so this does not count as an attempt
    await releaseRun(query, run.run_id, run.fence)
  } else {
    log.error({ err: error }, 'a segment failed unexpectedly')
    await retry(
      run,
      { code: 'internal_error', message: 'An internal error of the platform interrupted this step.' },
      0,
      query,
    )
  }
}

async function retry(run: ClaimedRun, error: RunError, retryAfterSeconds: number, query: Query): Promise<void> {
  const delay = Math.max(
    backoffMs(run.attempts, RETRY_BACKOFF) / 1000,
    Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS),
  )
  crashPoint('run.before_retry')
  await retryRun(query, run.run_id, run.fence, error, Math.ceil(delay))
  crashPoint('run.retried')
}
