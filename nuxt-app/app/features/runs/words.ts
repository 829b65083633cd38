/** What states and reasons are called on the page. */
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

/** A run that waits for tools is at work; one that waits for a person needs somebody. */
export function runLook(status: RunStatus, waitingFor?: WaitingFor | null): Look {
  if (status !== 'waiting' || !waitingFor || waitingFor === 'tools') return runLooks[status]
  return { label: 'Needs you', color: 'warning', icon: 'i-lucide-hand' }
}

export const isAtWork = (look: Look) => look.icon === 'i-lucide-loader-circle'

const toolLooks: Record<ToolRunStatus, Look> = {
  queued: { label: 'Waiting its turn', color: 'neutral', icon: 'i-lucide-clock' },
  awaiting_approval: { label: 'Needs you', color: 'warning', icon: 'i-lucide-hand' },
  denied: { label: 'Not allowed', color: 'error', icon: 'i-lucide-ban' },
  started: { label: 'At work', color: 'info', icon: 'i-lucide-loader-circle' },
  succeeded: { label: 'Done', color: 'success', icon: 'i-lucide-check' },
  failed: { label: 'Failed', color: 'error', icon: 'i-lucide-x' },
  unknown: { label: 'Not known', color: 'warning', icon: 'i-lucide-circle-help' },
  cancelled: { label: 'Cancelled', color: 'neutral', icon: 'i-lucide-ban' },
}

export const toolLook = (status: ToolRunStatus): Look => toolLooks[status]

const reasons: Record<string, string> = {
  cancelled: 'It was cancelled.',
  run_budget: 'The cap for one run was reached.',
  persona_day_budget: 'The persona’s cap for the day was reached.',
  persona_month_budget: 'The persona’s cap for the month was reached.',
  workspace_day_budget: 'The workspace’s cap for the day was reached.',
  workspace_month_budget: 'The workspace’s cap for the month was reached.',
  model_error: 'The model did not answer.',
  model_answer_cut: 'The model’s answer was cut off.',
  time_limit: 'It took longer than it may.',
  step_limit: 'It took more steps than it may.',
  attempts_exhausted: 'It was tried as often as it may be.',
  internal: 'It could not be carried on. An operator sees why.',
}

/** Why a run ended, as a sentence; an unknown reason is shown as it is. */
export const reasonText = (reason: string) => reasons[reason] ?? `Reason: ${reason.replaceAll('_', ' ')}.`

/** `generate_powerpoint` is "Generate powerpoint". */
export function toolTitle(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const ownTools: Record<string, string> = {
  update_plan: 'update the plan',
  tool_search: 'look for tools',
  tool_describe: 'read about tools',
  ask_human: 'ask a person',
}

/** What the model decided in one call, from the tools that it called: "Decided to look for tools". */
export function decisionText(tools: string[]): string {
  const uses = [...new Set(tools)].map((tool) => ownTools[tool] ?? `use ${tool.replaceAll('_', ' ')}`)
  if (uses.length === 0) return 'Thought'
  const last = uses.pop()
  return `Decided to ${uses.length ? `${uses.join(', ')} and ${last}` : last}`
}

/** A question as people read it: with the tool's title where the database put its name. */
export const questionText = (question: string, tool: string) => question.replace(tool, toolTitle(tool))
