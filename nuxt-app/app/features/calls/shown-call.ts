/** A call as its tool's view shows it: fields with their values, and beside them what no field shows. */
import { z } from 'zod'
import { ownValue } from '#contracts/own-value'
import type { CallField, CallView, FieldKind } from '#contracts/tool-view'

export const Slide = z.looseObject({
  title: z.string(),
  text: z.string().optional(),
  bullets: z.array(z.string()).optional(),
})
export type Slide = z.infer<typeof Slide>

const Cell = z.union([z.string(), z.number(), z.boolean(), z.null(), z.strictObject({ formula: z.string() })])
export type Cell = z.infer<typeof Cell>
export const Sheet = z.looseObject({
  name: z.string(),
  columns: z.array(z.looseObject({ header: z.string() })),
  rows: z.array(z.array(Cell)),
})
export type Sheet = z.infer<typeof Sheet>

const text = z.string()
const texts = z.array(z.string())
const shapes = {
  line: z.union([z.string(), z.number()]),
  text,
  markdown: text,
  code: text,
  list: texts,
  addresses: texts,
  file: text,
  sheets: z.array(Sheet),
  slides: z.array(Slide),
} satisfies Record<FieldKind, z.ZodType>

export type ShownField = { [K in FieldKind]: CallField & { kind: K; value: z.output<(typeof shapes)[K]> } }[FieldKind]

export interface ShownCall {
  /** Null: the tool has no view, or the arguments are not such as its view expects. */
  frame: CallView['frame'] | null
  fields: ShownField[]
  /** The arguments that no field shows; null when the fields show them all. */
  rest: unknown
}

/** Fields whose argument is missing are left out. */
export function shownCall(view: CallView | null | undefined, args: unknown): ShownCall {
  const unframed = { frame: null, fields: [], rest: args }
  if (!view || !args || typeof args !== 'object' || Array.isArray(args)) return unframed
  const given = view.fields.filter(({ name }) => ownValue(args as Record<string, unknown>, name) !== undefined)
  const fields = given.flatMap((field) => {
    const value = shapes[field.kind].safeParse(ownValue(args as Record<string, unknown>, field.name))
    return value.success ? [{ ...field, value: value.data } as ShownField] : []
  })
  if (fields.length === 0 || fields.length < given.length) return unframed
  const rest = Object.entries(args).filter(([name]) => !fields.some((field) => field.name === name))
  return { frame: view.frame, fields, rest: rest.length > 0 ? Object.fromEntries(rest) : null }
}
