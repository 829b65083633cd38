/** The tools that every persona has from the start. All except `ask_human` are answered within the segment. */
import { z } from 'zod'
import { PlanItem } from '../../../contracts/runs.ts'
import type { ToolSpec } from '../model/model-client.ts'

export const ToolSearchInput = z.object({
  query: z.string().min(1).max(500).describe('What the tool should do, in a few words, e.g. "make a slide deck".'),
})
export const ToolDescribeInput = z.object({
  names: z.array(z.string()).min(1).max(10).describe('Names of tools that tool_search found.'),
})
export const UpdatePlanInput = z.object({
  items: z.array(PlanItem).min(1).max(30).describe('The whole plan, in order. It replaces the previous plan.'),
})
export const AskHumanInput = z.object({
  question: z.string().trim().min(1).max(2000),
  options: z
    .array(z.string().trim().min(1).max(200))
    .max(10)
    .optional()
    .describe('Answers to choose from, when there are only a few.'),
})

export const ReadEarlierInput = z
  .object({
    find: z.string().trim().min(1).max(200).optional().describe('Words that the entry contains, e.g. "invoice 17".'),
    entry: z.number().int().min(1).optional().describe('The number of an entry that `find` has named.'),
    skip: z.number().int().min(0).default(0).describe('With `entry`: how many of its characters to leave out.'),
  })
  .refine(({ find, entry }) => (find === undefined) !== (entry === undefined), 'give either find or entry')

/** The node `lookup` answers these within the segment. */
export const inlineTools = ['tool_search', 'tool_describe', 'update_plan', 'read_earlier'] as const
export type InlineTool = (typeof inlineTools)[number]
export const isInlineTool = (name: string): name is InlineTool => (inlineTools as readonly string[]).includes(name)

export const builtinTools: ToolSpec[] = [
  spec(
    'tool_search',
    'Finds tools that you may use, by what they do. Search before you say that something cannot be done.',
    ToolSearchInput,
  ),
  spec(
    'tool_describe',
    'Chooses tools by name. From the next turn on you can call them, with their full description.',
    ToolDescribeInput,
  ),
  spec(
    'update_plan',
    'Shows people your plan and how far you are. Use it when the work has more than two steps.',
    UpdatePlanInput,
  ),
  spec(
    'ask_human',
    'Asks the person for a decision or for something that only they know. The work waits for the answer, so ask only when you cannot go on without it.',
    AskHumanInput,
  ),
]

/** Offered once the conversation has been compacted (compact.ts). */
export const readEarlierTool = spec(
  'read_earlier',
  'Reads this conversation word for word, also what is no longer shown to you: messages, your answers, and the results of calls. Finds entries by words, or reads one entry, 4,000 characters at a time.',
  ReadEarlierInput,
)

function spec(name: string, description: string, input: z.ZodType): ToolSpec {
  const { $schema, ...parameters } = z.toJSONSchema(input, { io: 'input' })
  return { type: 'function', function: { name, description, parameters } }
}
