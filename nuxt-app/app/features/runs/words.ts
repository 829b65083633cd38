/** The texts for states, reasons and decisions on the page. */
import { ownValue } from '#contracts/own-value'
import type { RunStatus, ToolRunStatus, WaitingFor } from '#contracts/runs'

type Color = 'neutral' | 'primary' | 'info' | 'success' | 'warning' | 'error'
export interface Look {
  label: string
  color: Color
  icon: string
}

const runLooks: Record<RunStatus, Look> = {
  queued: { label: 'Queued', color: 'neutral', icon: 'i-lucide-clock' },
  running: { label: 'Running', color: 'info', icon: 'i-lucide-loader-circle' },
  waiting: { label: 'Working', color: 'info', icon: 'i-lucide-loader-circle' },
  completed: { label: 'Done', color: 'success', icon: 'i-lucide-circle-check' },
  failed: { label: 'Failed', color: 'error', icon: 'i-lucide-circle-x' },
  cancelled: { label: 'Cancelled', color: 'neutral', icon: 'i-lucide-ban' },
}

/** A run that waits for tools is working. A run that waits for a person needs somebody. */
export function runLook(status: RunStatus, waitingFor?: WaitingFor | null): Look {
  if (status !== 'waiting' || !waitingFor || waitingFor === 'tools') return runLooks[status]
  return { label: 'Needs you', color: 'warning', icon: 'i-lucide-hand' }
}

export const isAtWork = (look: Look) => look.icon === 'i-lucide-loader-circle'

const toolLooks: Record<ToolRunStatus, Look> = {
  queued: { label: 'Waiting for its turn', color: 'neutral', icon: 'i-lucide-clock' },
  awaiting_approval: { label: 'Needs you', color: 'warning', icon: 'i-lucide-hand' },
  denied: { label: 'Not allowed', color: 'error', icon: 'i-lucide-ban' },
  started: { label: 'Working', color: 'info', icon: 'i-lucide-loader-circle' },
  succeeded: { label: 'Done', color: 'success', icon: 'i-lucide-check' },
  failed: { label: 'Failed', color: 'error', icon: 'i-lucide-x' },
  unknown: { label: 'Outcome unknown', color: 'warning', icon: 'i-lucide-circle-help' },
  cancelled: { label: 'Cancelled', color: 'neutral', icon: 'i-lucide-ban' },
}

export const toolLook = (status: ToolRunStatus): Look => toolLooks[status]

const reasons: Record<string, string> = {
  cancelled: 'Somebody cancelled this run.',
  run_budget: 'The budget for this run is used up.',
  persona_day_budget: 'The persona’s budget for today is used up.',
  persona_month_budget: 'The persona’s budget for this month is used up.',
  workspace_day_budget: 'The workspace’s budget for today is used up.',
  workspace_month_budget: 'The workspace’s budget for this month is used up.',
  model_error: 'The model did not answer.',
  model_rate_limited: 'The model provider received too many requests. Try again later.',
  model_unavailable: 'The model could not be reached. Try again later.',
  model_timeout: 'The model did not answer in time.',
  model_cut_off: 'The connection to the model was lost.',
  model_empty_answer: 'The model gave an empty answer.',
  model_quota_used_up: 'The quota or credit at the model provider is used up.',
  model_not_allowed: 'The model provider refused the key.',
  model_not_found: 'The model provider does not know this model.',
  model_refused: 'The model provider’s content policy refused this request.',
  model_context_too_long: 'The conversation became too long for this model.',
  model_bad_request: 'The model provider refused the request.',
  model_bad_endpoint: 'There is no model at the provider’s address.',
  model_bad_answer: 'The model’s answer could not be read.',
  model_malformed_calls: 'The model’s tool calls could not be read, even after several attempts.',
  model_calls_as_text: 'The model wrote a tool call as plain text. Its server does not understand tool calls.',
  model_answer_cut: 'The model’s answer reached its maximum length and was cut off.',
  demo_model_limit: 'Not done: this is more than the demo model can do.',
  time_limit: 'This run reached its time limit.',
  step_limit: 'This run reached its limit of steps.',
  worker_lost: 'The run was interrupted too often.',
  no_progress: 'The run made no progress, so it was stopped.',
  repeated_call: 'The run kept making the same call, so it was stopped.',
  attempts_exhausted: 'The run failed on every attempt.',
  internal_error: 'The platform had a problem. An operator can see the details.',
  internal: 'The platform had a problem. An operator can see the details.',
}

/** Why a run ended, as a sentence. An unknown reason is shown by its code. */
export const reasonText = (reason: string) => ownValue(reasons, reason) ?? `Reason: ${reason.replaceAll('_', ' ')}.`

const properNames: Record<string, string> = { pdf: 'PDF', powerpoint: 'PowerPoint' }

/** `generate_powerpoint` is "Generate PowerPoint". */
export function toolTitle(name: string): string {
  const words = name.split('_').map((word) => ownValue(properNames, word) ?? word)
  const title = words.join(' ')
  return title.charAt(0).toUpperCase() + title.slice(1)
}

const ownTools: Record<string, string> = {
  update_plan: 'update the plan',
  tool_search: 'look for tools',
  tool_describe: 'read about tools',
  ask_human: 'ask a person',
}

const decisions: Record<string, string> = {
  approve: 'Approved',
  deny: 'Denied',
  answer: 'Answered',
  done: 'It happened',
  do_again: 'Do it again',
  give_up: 'Given up',
}

/** A person's decision, as the timeline shows it. */
export const decisionWord = (decision: string) => ownValue(decisions, decision) ?? decision

/** What the model decided in one call, from the tools that it called: "Decided to look for tools". */
export function decisionText(tools: string[]): string {
  const uses = [...new Set(tools)].map((tool) => ownValue(ownTools, tool) ?? `use ${toolTitle(tool)}`)
  if (uses.length === 0) return 'Thought'
  const last = uses.pop()
  return `Decided to ${uses.length ? `${uses.join(', ')} and ${last}` : last}`
}
