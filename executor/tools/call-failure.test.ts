import { expect, it } from 'vitest'
import type { ToolEffect } from '../../contracts/tool.ts'
import type { ToolErrorCode } from '../../contracts/tool-errors.ts'
import { CallNotStarted, LookupFailed, SecretError, ToolCallError, WorkAborted } from '../failures.ts'
import { judgeFailure } from './call-failure.ts'

const told = (code: ToolErrorCode) => new ToolCallError(code, 'why')
const verdict = (effect: ToolEffect, error: unknown, attempt = 1) => judgeFailure({ effect, attempt }, error).verdict

it.each([
  // an error of the tool itself is its result, whatever its effect
  ['pure', told('invalid_input'), 'failed'],
  ['effect', told('invalid_input'), 'failed'],
  ['effect', told('tool_failed'), 'failed'],
  ['effect', new SecretError('enter it again'), 'failed'],
  // the worker was lost during the call: repeat it if that is harmless, else ask a person
  ['pure', told('sandbox_lost'), 'retry'],
  ['idempotent', told('sandbox_lost'), 'retry'],
  ['effect', told('sandbox_lost'), 'unknown'],
  ['pure', told('service_lost'), 'retry'],
  ['effect', told('service_lost'), 'unknown'],
  ['idempotent', told('service_unavailable'), 'retry'],
  ['effect', told('service_unavailable'), 'failed'],
  ['effect', told('timeout'), 'unknown'],
  ['idempotent', told('timeout'), 'failed'],
  ['idempotent', new Error('a bug'), 'retry'],
  ['effect', new Error('a bug'), 'unknown'],
  // the call never began, so nothing can have happened
  ['effect', new CallNotStarted('no container'), 'retry'],
  // the look-up failed: it must not run, and is looked up again when the lease has expired
  ['effect', new LookupFailed('the mailbox does not answer'), 'drop'],
  // this worker aborted the call
  ['idempotent', new WorkAborted('draining'), 'retry_now'],
  ['effect', new WorkAborted('draining'), 'drop'],
  ['idempotent', new WorkAborted('lost'), 'drop'],
] as [ToolEffect, Error, string][])('%s: %s -> %s', (effect, error, expected) => {
  expect(verdict(effect, error)).toBe(expected)
})

it('gives up after a few attempts', () => {
  expect(verdict('pure', told('sandbox_lost'), 4)).toBe('failed')
  expect(verdict('effect', new CallNotStarted('no container'), 4)).toBe('failed')
  expect(verdict('effect', new LookupFailed('the mailbox does not answer'), 4)).toBe('unknown')
})

it('does not reveal the text of an unexpected error', () => {
  expect(judgeFailure({ effect: 'pure', attempt: 4 }, new Error('password=hunter2')).message).not.toContain('hunter2')
})
