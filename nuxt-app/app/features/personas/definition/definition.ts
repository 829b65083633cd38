/** A persona's configuration as a form has it: text fields, empty for "not set". Pure. */
import type { UpdatePersonaRequest } from '#contracts/api'

export const limitFields = [
  {
    key: 'cost_per_run',
    label: 'Cost per run',
    unit: '€',
    help: 'A run stops before a model call that could exceed it.',
  },
  { key: 'cost_per_day', label: 'Cost per day', unit: '€' },
  { key: 'cost_per_month', label: 'Cost per month', unit: '€' },
  { key: 'calls_per_run', label: 'Model calls per run', unit: '' },
  { key: 'calls_per_day', label: 'Model calls per day', unit: '' },
  { key: 'max_seconds', label: 'Time per run', unit: 's', help: 'The time spent waiting for a person does not count.' },
  { key: 'max_segments', label: 'Steps per run', unit: '' },
  { key: 'max_parallel_runs', label: 'Runs at the same time', unit: '' },
  {
    key: 'sandbox_memory_mb',
    label: 'Memory for its tools',
    unit: 'MB',
    help: 'This and the next three take effect when its tools are started the next time.',
  },
  { key: 'sandbox_cpus', label: 'Processors for its tools', unit: '' },
  { key: 'sandbox_processes', label: 'Programs at the same time', unit: '' },
  { key: 'sandbox_disk_mb', label: 'Space for its files', unit: 'MB' },
] as const
export type LimitKey = (typeof limitFields)[number]['key']

export interface DefinitionForm {
  name: string
  description: string
  icon: string
  color: string
  instructions: string
  primary: string
  fallbacks: string[]
  temperature: number | null
  maxOutputTokens: number | null
  limits: Record<LimitKey, number | null>
  allowedHosts: string[]
  note: string
}

interface Known {
  persona: { name: string; description: string; icon: string; color: string }
  version: {
    instructions: string
    model: { primary?: string; fallbacks?: string[]; temperature?: number | null; max_output_tokens?: number | null }
    limits: Record<string, unknown>
    allowed_hosts: string[]
  } | null
}

export function formOf({ persona, version }: Known): DefinitionForm {
  const { name, description, icon, color } = persona
  const limit = (key: string) => (typeof version?.limits[key] === 'number' ? (version.limits[key] as number) : null)
  return {
    ...{ name, description, icon, color },
    instructions: version?.instructions ?? '',
    primary: version?.model.primary ?? 'default',
    fallbacks: [...(version?.model.fallbacks ?? [])],
    temperature: version?.model.temperature ?? null,
    maxOutputTokens: version?.model.max_output_tokens ?? null,
    limits: Object.fromEntries(limitFields.map(({ key }) => [key, limit(key)])) as DefinitionForm['limits'],
    allowedHosts: [...(version?.allowed_hosts ?? [])],
    note: '',
  }
}

/** Only what differs from what is stored, so that a change of the name alone makes no new version. */
export function changesOf(form: DefinitionForm, known: Known): UpdatePersonaRequest {
  const before = requestOf(formOf(known), known)
  const after = requestOf(form, known)
  const changed = Object.entries(after).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key as keyof typeof before]),
  )
  return Object.fromEntries(
    changed.length === 0 || !form.note.trim() ? changed : [...changed, ['note', form.note.trim()]],
  )
}

function requestOf(form: DefinitionForm, known: Known) {
  // limits that this form does not show stay as they are
  const hidden = Object.entries(known.version?.limits ?? {}).filter(([key]) => !(key in form.limits))
  const shown = Object.entries(form.limits).filter(([, value]) => value !== null)
  return {
    name: form.name.trim(),
    description: form.description.trim(),
    icon: form.icon,
    color: form.color,
    instructions: form.instructions,
    model: {
      primary: form.primary.trim() || 'default',
      fallbacks: form.fallbacks,
      ...(form.temperature === null ? {} : { temperature: form.temperature }),
      ...(form.maxOutputTokens === null ? {} : { max_output_tokens: form.maxOutputTokens }),
    },
    limits: Object.fromEntries([...hidden, ...shown]),
    allowed_hosts: form.allowedHosts.map((host) => host.trim().toLowerCase()),
  }
}
