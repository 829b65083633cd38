/** A call as people edit it before they approve it: the editable fields of its view as text. */
import { z } from 'zod'
import { ownValue } from '#contracts/own-value'
import type { CallField, CallView, FieldKind } from '#contracts/tool-view'
import { shownCall } from './shown-call.ts'

/** The text of each editable field, by its name. */
export type CallForm = Record<string, string>
type Arguments = Record<string, unknown>

interface Editor {
  write(value: unknown): string
  /** The value for the call, or `undefined` where nothing was entered. */
  read(text: string): unknown
  problem?(value: unknown): string | undefined
}

const asText: Editor = { write: String, read: (text) => (text.trim() ? text : undefined) }
const line: Editor = { write: String, read: (text) => text.trim() || undefined }
const unlessEmpty = (items: string[]) => (items.length > 0 ? items : undefined)
const addresses: Editor = {
  write: (value) => (value as string[]).join(', '),
  read: (text) => unlessEmpty(text.split(/[,;\s]+/).filter(Boolean)),
  problem: (value) => wrongAmong(value as string[]),
}
const list: Editor = {
  write: (value) => (value as string[]).join('\n'),
  read: (text) => unlessEmpty(text.split('\n').filter((item) => item.trim())),
}
/** Sheets and slides have no editor yet. */
const editors: Partial<Record<FieldKind, Editor>> = {
  line,
  file: line,
  text: asText,
  markdown: asText,
  code: asText,
  addresses,
  list,
}

const Address = z.email()

function wrongAmong(items: string[]): string | undefined {
  const wrong = items.filter((item) => !Address.safeParse(item).success)
  return wrong.length > 0 ? `Not an address: ${wrong.join(', ')}` : undefined
}

export const isEditable = ({ kind, isEditable }: CallField) => isEditable && editors[kind] !== undefined

/** Null where the view offers nothing to edit, or does not fit the call: it is then edited as JSON. */
export function callForm(view: CallView | null | undefined, args: unknown): CallForm | null {
  if (!view || shownCall(view, args).frame === null) return null
  const texts = view.fields.filter(isEditable).map((field) => {
    const value = ownValue(args as Arguments, field.name)
    return [field.name, value === undefined ? '' : editors[field.kind]!.write(value)]
  })
  return texts.length > 0 ? Object.fromEntries(texts) : null
}

/** The arguments as edited, or what is wrong with which field. `required` names the arguments that the tool needs. */
export function readCall(
  { view, args, required }: { view: CallView; args: Arguments; required: string[] },
  form: CallForm,
): { edited?: Arguments; problems: Record<string, string> } {
  const edited = new Map(Object.entries(args))
  const problems: Record<string, string> = {}
  for (const field of view.fields.filter(isEditable)) {
    const editor = editors[field.kind]!
    const value = editor.read(ownValue(form, field.name) ?? '')
    const problem = value === undefined ? missing(field, required) : editor.problem?.(value)
    if (problem) problems[field.name] = problem
    if (value === undefined) edited.delete(field.name)
    else edited.set(field.name, value)
  }
  return Object.keys(problems).length > 0 ? { problems } : { edited: Object.fromEntries(edited), problems }
}

const missing = ({ name, kind }: CallField, required: string[]) =>
  required.includes(name) ? (kind === 'addresses' ? 'Enter at least one address.' : 'This cannot be empty.') : undefined
