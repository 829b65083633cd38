/** What one version changed against the one before it. Pure. */
import { diffLines } from 'diff'

interface Version {
  instructions: string
  model: unknown
  limits: unknown
  allowed_hosts: string[]
  agent_id: string
}
export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  text: string
}

/** The instructions line by line; long stretches that are the same are cut to their edges. */
export function instructionDiff(before: string, after: string): DiffLine[] {
  return diffLines(before, after).flatMap((part) => {
    const lines = part.value.replace(/\n$/, '').split('\n')
    const kind = part.added ? 'added' : part.removed ? 'removed' : 'same'
    const shown = kind === 'same' && lines.length > 5 ? [...lines.slice(0, 2), '…', ...lines.slice(-2)] : lines
    return shown.map((text) => ({ kind, text }) as DiffLine)
  })
}

/** The names of what else changed. */
export function otherChanges(before: Version, after: Version): string[] {
  const differs = (key: keyof Version) => canonical(before[key]) !== canonical(after[key])
  const names: [keyof Version, string][] = [
    ['model', 'Model'],
    ['limits', 'Limits'],
    ['allowed_hosts', 'Allowed hosts'],
    ['agent_id', 'Agent'],
  ]
  return names.filter(([key]) => differs(key)).map(([, name]) => name)
}

/** The same text for equal values, whatever the order of their fields. */
const canonical = (value: unknown) =>
  JSON.stringify(value, (_key, part: unknown) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
