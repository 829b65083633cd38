import { expect, test } from 'vitest'
import type { ActivityEvent } from '#contracts/api'
import { csvOf } from './export.ts'
import { actionText, actorText } from './words.ts'

const event: ActivityEvent = {
  seq: 7,
  at: '2026-11-28T10:00:00+00:00',
  action: 'secret.saved',
  actor_type: 'person',
  actor_id: null,
  actor_name: '=cmd()',
  persona_id: null,
  persona_name: 'Olivia, "the" first',
  run_id: null,
  trace_id: null,
  data: { name: 'mail.password' },
  is_erased: false,
}

test.each([
  ['secret.saved', { name: 'mail.password' }, 'saved the secret mail.password'],
  ['model.called', { model: 'large', cost: 0.25 }, 'called the model large for €0.25'],
  ['model.called', { model: 'demo', cost: 0 }, 'called the model demo'],
  ['tool.awaiting_approval', { tool: 'send_email' }, 'waits for an approval of Send email'],
  ['run.failed', { reason: 'run_budget' }, 'ended the run without success. The budget for this run is used up.'],
  [
    'standing_approval.used',
    { tool: 'send_email', uses: 2, max_uses: 20 },
    'used Send email as always allowed (2 of 20)',
  ],
  ['mail.bounced_back', {}, 'mail bounced back'],
  ['constructor', {}, 'constructor'],
  ['secret.saved', {}, 'saved the secret'],
])('%s %j is said as "%s"', (action, data, words) => expect(actionText({ action, data })).toBe(words))

test.each([
  ['person', 'Ann', 'Ann'],
  ['person', null, 'Somebody who was deleted'],
  ['persona', null, 'A persona that was deleted'],
  ['system', null, 'The platform'],
] as const)('%s %s is %s', (actor_type, actor_name, words) => expect(actorText({ actor_type, actor_name })).toBe(words))

test('an export is CSV in which no cell is a formula', () => {
  expect(csvOf([event])).toBe(
    'number,time,who,what,action,persona,run,trace,content\r\n' +
      `7,2026-11-28T10:00:00+00:00,'=cmd(),saved the secret mail.password,secret.saved,"Olivia, ""the"" first",,,"{""name"":""mail.password""}"\r\n`,
  )
})
