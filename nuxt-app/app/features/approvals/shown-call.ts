/** How the arguments of known tools are shown to who decides on them. What a view does not show stands beside it. */
import { z } from 'zod'

const Mail = z.object({
  to: z.array(z.string()),
  cc: z.array(z.string()).optional(),
  subject: z.string(),
  body: z.string(),
})
export type Mail = z.infer<typeof Mail>

const TextFile = z.object({ path: z.string(), content: z.string() })

const heading = { title: z.string(), subtitle: z.string().optional(), author: z.string().optional() }
const Pdf = z.object({ ...heading, content: z.string() })

const Slide = z.looseObject({
  title: z.string(),
  text: z.string().optional(),
  bullets: z.array(z.string()).optional(),
})
export type Slide = z.infer<typeof Slide>
const Deck = z.object({ ...heading, slides: z.array(Slide) })
export type Deck = z.infer<typeof Deck>

const Cell = z.union([z.string(), z.number(), z.boolean(), z.null(), z.strictObject({ formula: z.string() })])
export type Cell = z.infer<typeof Cell>
const Sheet = z.looseObject({
  name: z.string(),
  columns: z.array(z.looseObject({ header: z.string() })),
  rows: z.array(z.array(Cell)),
})
export type Sheet = z.infer<typeof Sheet>
const Workbook = z.object({ title: z.string(), sheets: z.array(Sheet) })
export type Workbook = z.infer<typeof Workbook>

/** A document that is mostly text: what it is called, what stands under that, and the text. */
export interface TextDocument {
  title: string
  lines: string[]
  text: string
}

export type View =
  | { kind: 'mail'; mail: Mail }
  | { kind: 'text'; document: TextDocument }
  | { kind: 'slides'; deck: Deck }
  | { kind: 'sheets'; workbook: Workbook }

export interface ShownCall {
  /** Null: nothing is known of this tool, or the arguments are not such as it takes. */
  view: View | null
  /** The arguments that the view does not show; null when it shows them all. */
  rest: unknown
}

interface Rule {
  names: string[]
  view(args: unknown): View | null
}

function rule<T extends z.ZodObject>(shape: T, show: (args: z.output<T>) => View): Rule {
  return {
    names: Object.keys(shape.shape),
    view(args) {
      const fitting = shape.safeParse(args)
      return fitting.success ? show(fitting.data) : null
    },
  }
}

const rules = new Map<string, Rule>([
  ['send_email', rule(Mail, (mail) => ({ kind: 'mail', mail }))],
  [
    'write_file',
    rule(TextFile, ({ path, content }) => ({ kind: 'text', document: { title: path, lines: [], text: content } })),
  ],
  [
    'generate_pdf',
    rule(Pdf, ({ title, subtitle, author, content }) => ({
      kind: 'text',
      document: { title, lines: [subtitle, author].filter((line) => line !== undefined), text: content },
    })),
  ],
  ['generate_powerpoint', rule(Deck, (deck) => ({ kind: 'slides', deck }))],
  ['generate_spreadsheet', rule(Workbook, (workbook) => ({ kind: 'sheets', workbook }))],
])

export function shownCall(tool: string, args: unknown): ShownCall {
  const rule = rules.get(tool)
  const view = rule?.view(args)
  if (!rule || !view) return { view: null, rest: args }
  const rest = Object.entries(args as object).filter(([name]) => !rule.names.includes(name))
  return { view, rest: rest.length > 0 ? Object.fromEntries(rest) : null }
}
