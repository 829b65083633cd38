/** The events of the audit log in plain words. */
import type { ActivityEvent } from '#contracts/api'
import { ownValue } from '#contracts/own-value'
import { formatCost } from '../../common/format/amounts'
import { reasonText, toolTitle } from '../runs/words'

/** The nouns of actions, as the filter names them. */
export const kinds: { value: string; label: string }[] = [
  { value: 'run', label: 'Runs' },
  { value: 'message', label: 'Messages' },
  { value: 'tool', label: 'Tool calls' },
  { value: 'model', label: 'Model calls' },
  { value: 'approval', label: 'Approvals' },
  { value: 'standing_approval', label: 'Always allowed' },
  { value: 'persona', label: 'Personas' },
  { value: 'file', label: 'Files' },
  { value: 'schedule', label: 'Schedules' },
  { value: 'webhook', label: 'Webhooks' },
  { value: 'member', label: 'Members' },
  { value: 'workspace', label: 'Workspace' },
  { value: 'secret', label: 'Secrets' },
  { value: 'provider', label: 'Model providers' },
  { value: 'price', label: 'Prices' },
  { value: 'api_key', label: 'API keys' },
  { value: 'alert', label: 'Alerts' },
  { value: 'audit', label: 'Audit log' },
]

type Data = ActivityEvent['data']
const text = (data: Data, name: string) => {
  const value = ownValue(data, name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
const named = (words: string) => (data: Data) => [words, text(data, 'name')].filter(Boolean).join(' ')
const tool = (words: string) => (data: Data) => `${words} ${toolTitle(text(data, 'tool') || 'a tool')}`
const cost = (data: Data) => {
  const amount = Number(ownValue(data, 'cost'))
  return amount > 0 ? ` for ${formatCost(amount)}` : ''
}

/** What was done, to follow the name of who did it. */
const sentences: Record<string, string | ((data: Data) => string)> = {
  'run.created': (data) =>
    text(data, 'source') === 'person' ? 'started a run' : `started a run (${text(data, 'source')})`,
  'run.forked': 'forked a run',
  'run.replaced': 'tried the last turn again',
  'run.claimed': 'began to work on the run',
  'run.completed': 'finished the run',
  'run.failed': (data) => `ended the run without success. ${reasonText(text(data, 'reason') || 'unknown')}`,
  'run.cancelled': 'ended the cancelled run',
  'run.cancel_requested': 'cancelled the run',
  'run.requeued': 'put a given-up run back to work',
  'conversation.updated': 'changed a conversation',
  'message.sent': 'sent a message',
  'model.called': (data) => `called the model ${text(data, 'model')}${cost(data)}`,
  'model.failed': (data) => `got an error from the model ${text(data, 'model')}`,
  'tool.queued': tool('asked for'),
  'tool.awaiting_approval': tool('waits for an approval of'),
  'tool.started': tool('started'),
  'tool.succeeded': tool('finished'),
  'tool.failed': tool('failed in'),
  'tool.denied': tool('was not allowed to use'),
  'tool.unknown': tool('does not know the outcome of'),
  'tool.cancelled': tool('stopped'),
  'tool.looked_up': tool('looked up the outcome of'),
  'approval.approve': tool('approved'),
  'approval.deny': tool('denied'),
  'approval.answer': 'answered a question',
  'approval.done': tool('confirmed the outcome of'),
  'approval.do_again': tool('asked to do again'),
  'approval.give_up': tool('gave up'),
  'approval.expired': 'let a question expire',
  'standing_approval.created': tool('allowed from now on'),
  'standing_approval.used': (data) =>
    `used ${toolTitle(text(data, 'tool'))} as always allowed (${text(data, 'uses')} of ${text(data, 'max_uses')})`,
  'standing_approval.revoked': tool('no longer always allows'),
  'persona.created': named('created the persona'),
  'persona.updated': 'changed the persona',
  'persona.deleted': named('deleted the persona'),
  'persona.shared': 'shared the persona',
  'persona.unshared': 'ended the sharing of the persona',
  'persona.tool_changed': tool('changed the rules for'),
  'persona.version_restored': (data) => `restored version ${text(data, 'restored')} of the persona`,
  'file.accessed': (data) => `opened ${text(data, 'name') || 'files of a run'}`,
  'schedule.saved': named('saved the schedule'),
  'schedule.deleted': named('deleted the schedule'),
  'schedule.paused': 'paused a schedule',
  'schedule.skipped': 'skipped a time of a schedule',
  'webhook.saved': named('saved the webhook'),
  'webhook.deleted': named('deleted the webhook'),
  'webhook.disabled': 'switched a webhook off',
  'webhook.rejected': (data) => `rejected a request of a webhook: ${text(data, 'reason')}`,
  'webhook.redelivered': 'sent a delivery again',
  'member.invited': (data) => `invited ${text(data, 'email')} as ${text(data, 'role')}`,
  'member.invitation_revoked': (data) => `withdrew the invitation of ${text(data, 'email')}`,
  'member.joined': (data) => `joined as ${text(data, 'role')}`,
  'member.removed': 'removed a member',
  'member.role_changed': (data) => `changed a member’s role from ${text(data, 'from')} to ${text(data, 'to')}`,
  'workspace.created': named('created the workspace'),
  'workspace.updated': 'changed the settings of the workspace',
  'workspace.deleted': 'deleted the workspace',
  'secret.saved': named('saved the secret'),
  'secret.deleted': named('deleted the secret'),
  'provider.saved': named('saved the model provider'),
  'provider.deleted': named('deleted the model provider'),
  'price.saved': (data) => `set the price of ${text(data, 'model')}`,
  'price.deleted': (data) => `removed the price of ${text(data, 'model')}`,
  'api_key.created': named('made the API key'),
  'api_key.revoked': named('revoked the API key'),
  'alert.resolved': 'resolved an alert',
  'audit.erased': (data) => `erased the content of ${text(data, 'events')} events`,
  'audit.checked': (data) => `checked the log (${text(data, 'events')} events)`,
}

/** An action without words of its own is shown as it is named: "mail.bounced" is "mail bounced". */
export function actionText({ action, data }: Pick<ActivityEvent, 'action' | 'data'>): string {
  const sentence = ownValue(sentences, action)
  if (sentence === undefined) return action.replaceAll(/[._]/g, ' ')
  return typeof sentence === 'string' ? sentence : sentence(data)
}

export function actorText({ actor_type, actor_name }: Pick<ActivityEvent, 'actor_type' | 'actor_name'>): string {
  if (actor_type === 'system') return 'The platform'
  return actor_name ?? (actor_type === 'person' ? 'Somebody who was deleted' : 'A persona that was deleted')
}
