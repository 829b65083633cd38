/** Conditions on a call's arguments, as people read and write them. Pure. */
import type { PolicyCondition } from '#contracts/api'

export type Condition = Omit<PolicyCondition, 'policy'>
type Operator = PolicyCondition['operator']

/** Of several values all must fit for Allow and in an approval in advance, and one is enough for Ask and Deny. */
export const operators: { label: string; value: Operator }[] = [
  { label: 'is', value: 'equals' },
  { label: 'is not', value: 'not_equals' },
  { label: 'contains', value: 'contains' },
  { label: 'has an address at', value: 'domain_in' },
  { label: 'has an address outside', value: 'domain_not_in' },
]
export const decisions: { label: string; value: PolicyCondition['policy'] }[] = [
  { label: 'Allow', value: 'allow' },
  { label: 'Ask first', value: 'ask' },
  { label: 'Deny', value: 'deny' },
]

/** Domains are many; all else is one text, in which a comma is a comma. */
export const takesDomains = (operator: Operator) => operator.startsWith('domain')

export const valueText = (value: Condition['value']) => (Array.isArray(value) ? value.join(', ') : value)

export function valueFrom(text: string, operator: Operator): Condition['value'] {
  if (!takesDomains(operator)) return text
  return text
    .split(/[,\s]+/)
    .map((domain) => domain.replace(/^@/, ''))
    .filter(Boolean)
}

/** "Ask first when to has an address outside acme.test" */
export function conditionText({ argument, operator, value, policy }: PolicyCondition): string {
  const decision = decisions.find((it) => it.value === policy)?.label
  const verb = operators.find((it) => it.value === operator)?.label
  return `${decision} when ${argument.replaceAll('_', ' ')} ${verb} ${valueText(value)}`
}

interface Schema {
  type?: string
  format?: string
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
}
export interface Argument {
  name: string
  takesAddresses: boolean
}
const plain = ['string', 'number', 'integer', 'boolean']

/** Stands for to, cc and bcc together: everybody whom a mail goes to. */
export const RECIPIENTS = 'recipients'

/**
 * The arguments that conditions can look at: texts, numbers, and lists of them. Those that every call has come first,
 * before them all recipients of a mail.
 */
export function comparableArguments({ properties = {}, required = [] }: Schema): Argument[] {
  const names = [...new Set([...required, ...Object.keys(properties)])]
  const known = names.flatMap((name) => {
    const schema = properties[name]
    const item = schema?.type === 'array' ? schema.items : schema
    const isPlain = plain.includes(item?.type ?? '') || !!item?.enum
    return isPlain ? [{ name, takesAddresses: item?.format === 'email' }] : []
  })
  const isMail = known.some(({ name, takesAddresses }) => name === 'to' && takesAddresses)
  return isMail ? [{ name: RECIPIENTS, takesAddresses: true }, ...known] : known
}

/** Arguments that take addresses and that no condition on domains looks at, while there is one on another. */
export function unwatchedAddresses(args: Argument[], conditions: Condition[]): string[] {
  const watched = conditions.filter(({ operator }) => takesDomains(operator)).map(({ argument }) => argument)
  if (watched.length === 0 || watched.includes(RECIPIENTS)) return []
  const real = args.filter(({ name }) => name !== RECIPIENTS)
  return real.filter(({ name, takesAddresses }) => takesAddresses && !watched.includes(name)).map(({ name }) => name)
}
