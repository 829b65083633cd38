/** What the run page shows: steps folded into one entry for each thing that people care about. Pure. */
import { isTerminal, type PlanItem, type RunStep, RunStepData, type ToolRunStatus } from '#contracts/runs'

type Data<K extends RunStepData['kind']> = Extract<RunStepData, { kind: K }>
interface At {
  /** Of the entry's first step: its key and its place. */
  seq: number
  at: string
}

export interface ToolEntry extends At {
  kind: 'tool'
  toolRunId: string
  tool: string
  status: ToolRunStatus
  attempt: number
  arguments: unknown
  output: unknown
  error: { code: string; message: string } | null
  durationMs: number | null
}
export interface AskedEntry extends At {
  kind: 'asked'
  approvalId: string
  about: string
  question: string
  /** Null while nobody has decided. */
  decision: string | null
  answer: string | null
}
export type TimelineEntry =
  | ({ kind: 'model'; durationMs: number | null; data: Data<'model'> } & At)
  | ({ kind: 'lookup'; data: Data<'lookup'> } & At)
  | ({ kind: 'artifact'; data: Data<'artifact'> } & At)
  | ({ kind: 'message'; data: Data<'message'> } & At)
  | ({ kind: 'notice'; data: Data<'notice'> } & At)
  | ({ kind: 'status'; data: Data<'status'> } & At)
  | ToolEntry
  | AskedEntry

export interface Timeline {
  entries: TimelineEntry[]
  plan: PlanItem[]
  /** Sum of the finished model calls, in the workspace's currency. */
  cost: number
  modelCalls: number
}

/** Steps of a kind that this version does not know are left out. */
export function timelineOf(steps: RunStep[]): Timeline {
  const timeline: Timeline = { entries: [], plan: [], cost: 0, modelCalls: 0 }
  for (const step of steps) {
    const parsed = RunStepData.safeParse({ ...(step.data as object), kind: step.kind })
    if (parsed.success) addTo(timeline, step, parsed.data)
  }
  return timeline
}

function addTo(timeline: Timeline, step: RunStep, data: RunStepData) {
  const at = { seq: step.seq, at: step.created_at }
  switch (data.kind) {
    case 'plan':
      timeline.plan = data.items
      break
    case 'model':
      timeline.cost += Number(data.cost)
      timeline.modelCalls += 1
      timeline.entries.push({ kind: 'model', ...at, durationMs: step.duration_ms, data })
      break
    case 'tool':
      addToolStep(timeline, at, data, step.duration_ms)
      break
    case 'asked':
      timeline.entries.push({
        kind: 'asked',
        ...at,
        approvalId: data.approval_id,
        about: data.about,
        question: data.question,
        decision: null,
        answer: null,
      })
      break
    case 'answered':
      answer(timeline, data)
      break
    case 'status':
      // coming and going between running and waiting is the engine's business, not news
      if (data.from === null || isTerminal(data.to)) timeline.entries.push({ kind: 'status', ...at, data })
      break
    default:
      timeline.entries.push({ ...at, kind: data.kind, data } as TimelineEntry)
  }
}

/** The first step of a call makes its entry; later ones change it. */
function addToolStep(timeline: Timeline, at: At, data: Data<'tool'>, durationMs: number | null) {
  const known = timeline.entries.find(
    (entry): entry is ToolEntry => entry.kind === 'tool' && entry.toolRunId === data.tool_run_id,
  )
  const entry: ToolEntry = known ?? {
    kind: 'tool',
    ...at,
    toolRunId: data.tool_run_id,
    tool: data.tool,
    status: data.status,
    attempt: 0,
    arguments: undefined,
    output: undefined,
    error: null,
    durationMs: null,
  }
  entry.status = data.status
  entry.attempt = data.attempt
  entry.error = data.error ?? null
  entry.durationMs = durationMs
  if (data.arguments !== undefined) entry.arguments = data.arguments
  if (data.output !== undefined) entry.output = data.output
  if (!known) timeline.entries.push(entry)
}

function answer(timeline: Timeline, data: Data<'answered'>) {
  const asked = timeline.entries.findLast(
    (entry): entry is AskedEntry => entry.kind === 'asked' && entry.approvalId === data.approval_id,
  )
  if (!asked) return
  asked.decision = data.decision
  asked.answer = data.answer ?? null
}
