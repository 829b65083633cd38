/**
 * How people see a call of a tool in approvals, mails and the timeline. It is data, so that the web app needs no code for
 * single tools. `{name}` in a sentence is replaced by that field of the input; lists are joined by commas.
 */

import { z } from 'zod'
import { ownValue } from './own-value.ts'

/** The kind of a field of the input. It decides how the field is shown and edited. */
export const FieldKind = z.enum([
  'line', // one line of text
  'text', // plain text with line breaks
  'markdown',
  'code',
  'list', // a list of lines
  'addresses', // a list of mail addresses
  'file', // a path in the workspace
  'sheets', // a list of {name, columns: [{header, …}], rows}
  'slides', // a list of {title, text?, bullets?, …}
])
export type FieldKind = z.infer<typeof FieldKind>

const sentence = z.string().min(1).max(200)

export const CallView = z.strictObject({
  /** The question in an approval: "Send this mail to {to}?" */
  question: sentence,
  /** The summary in the timeline: "{subject}, to {to}". */
  summary: sentence,
  /** `mail`: the call looks like a mail and shows its sender. */
  frame: z.enum(['mail', 'document']).default('document'),
  /** In the order in which they are shown. All other input is shown below them, so that nothing is hidden. */
  fields: z
    .array(
      z.strictObject({
        /** Name of the field in the input. */
        name: z.string().regex(/^[a-z][a-z0-9_]*$/),
        label: z.string().min(1).max(40),
        kind: FieldKind,
        /** Whether people may change it before they approve the call. */
        isEditable: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(20),
})
export type CallView = z.output<typeof CallView>
export type CallField = CallView['fields'][number]

const MAX_VALUE = 120

/**
 * Fills the values of a call into a sentence. `platform.fill_sentence` does the same in the database;
 * tests/sql/fill-sentence.test.ts checks that both give the same.
 */
export function fillSentence(sentence: string, input: Record<string, unknown>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => shortText(ownValue(input, name)))
}

/** Joins a list by commas, cuts a long text, and replaces an object by "…". */
function shortText(value: unknown): string {
  const items = (Array.isArray(value) ? value : [value]).filter((item) => item !== null && item !== undefined)
  const characters = Array.from(items.map((item) => (typeof item === 'object' ? '…' : String(item))).join(', '))
  return characters.length > MAX_VALUE ? `${characters.slice(0, MAX_VALUE).join('')}…` : characters.join('')
}
