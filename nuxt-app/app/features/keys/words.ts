import type { KeyScope } from '#contracts/api'

/** What a key with this scope may do, in words for its person. */
export const scopeItems: { value: KeyScope; label: string; description: string }[] = [
  { value: 'runs:read', label: 'Read', description: 'Personas, runs, files and questions, as a viewer sees them.' },
  { value: 'runs:write', label: 'Give work', description: 'Read, and start, cancel, fork and schedule runs.' },
  { value: 'approvals:decide', label: 'Decide', description: 'Read, and answer what personas ask.' },
  {
    value: 'admin',
    label: 'Everything that you may do',
    description: 'All but your account and its keys. Prefer the others where they are enough.',
  },
]

export const scopeLabel = (scope: KeyScope) => scopeItems.find(({ value }) => value === scope)?.label ?? scope

/** After how many days a new key expires; 0 means never. */
export const expiryItems = [
  { value: 7, label: 'In 7 days' },
  { value: 30, label: 'In 30 days' },
  { value: 90, label: 'In 90 days' },
  { value: 365, label: 'In a year' },
  { value: 0, label: 'Never' },
]
