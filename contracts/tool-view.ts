/**
 * How people see a call of a tool: in an approval, in a mail that asks, in the timeline. It is data, so that the web app
 * knows no tool by its name. `{name}` in a sentence stands for that field of the input; a list is joined with commas.
 */

import { z } from 'zod'
import { ownValue } from './own-value.ts'

/** What a field of the input holds, which says how it is shown and edited. */
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
  /** Asks a person for consent: "Send this mail to {to}?" */
  question: sentence,
  /** Tells in the timeline what the call is about: "{subject}, to {to}". */
  summary: sentence,
  /** `mail`: it is framed as a mail, with who it is from. */
  frame: z.enum(['mail', 'document']).default('document'),
  /** In the order in which they are shown. What no field shows stands below them, so nothing is hidden. */
  fields: z
    .array(
      z.strictObject({
        /** Name of the field in the input. */
        name: z.string().regex(/^[a-z][a-z0-9_]*$/),
        label: z.string().min(1).max(40),
        kind: FieldKind,
        /** People may change it before they approve. */
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
 * `sentence` with the values of a call in its places. `platform.fill_sentence` does the same in the database: the table of
 * tests/sql/fill-sentence.test.ts holds the two equal.
 */
export function fillSentence(sentence: string, input: Record<string, unknown>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => shortText(ownValue(input, name)))
}

/** A list is joined with commas, a long text is cut, and what has a structure of its own is not told in a sentence. */
function shortText(value: unknown): string {
  const items = (Array.isArray(value) ? value : [value]).filter((item) => item !== null && item !== undefined)
  const characters = Array.from(items.map((item) => (typeof item === 'object' ? '…' : String(item))).join(', '))
  return characters.length > MAX_VALUE ? `${characters.slice(0, MAX_VALUE).join('')}…` : characters.join('')
}
