/** What a rule of "always allow" can fix: the values of the call that is being approved. */
import { RECIPIENTS } from '../personas/tools/conditions'

export interface Fixable {
  /** The name of an argument, or `recipients`. */
  name: string
  label: string
  /** The value in words, cut. */
  value: string
  /** Whether a new rule fixes it unless the person decides otherwise. */
  isFixed: boolean
}

const MAX_SHOWN = 160
const addressed = ['to', 'cc', 'bcc']

/** For a mail all recipients, and nothing else unless the person wants more; for other calls every value. */
export function fixables(args: unknown): Fixable[] {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return []
  const given = Object.entries(args).filter(([, value]) => value !== null)
  const recipients = given.flatMap(([name, value]) => (addressed.includes(name) ? [value].flat() : []))
  const isMail = recipients.length > 0
  const rest = given.filter(([name]) => !isMail || !addressed.includes(name))
  return [
    ...(isMail ? [{ name: RECIPIENTS, label: 'Recipients', value: shown(recipients), isFixed: true }] : []),
    ...rest.map(([name, value]) => ({
      name,
      label: labelOf(name),
      value: shown(value),
      isFixed: !isMail,
    })),
  ]
}

export const labelOf = (name: string) => (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ')

/** A value on one line: lists by commas, objects as JSON. */
export function shown(value: unknown): string {
  const text = [value]
    .flat()
    .map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
    .join(', ')
    .replaceAll(/\s+/g, ' ')
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text
}
