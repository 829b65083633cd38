/**
 * The definition of a tool. Each tool is one file in `tools/` that exports `defineTool({...})`. Its registry row, its JSON
 * Schema for the model, its docs page, the view of its calls and its tests all come from that object.
 */
import { z } from 'zod'
import type { ShownPart } from './tool-parts.ts'
import type { Need, ServiceName, ToolServices } from './tool-services.ts'
import { CallView } from './tool-view.ts'

/** `pure`: a call may run again freely. `idempotent`: it may run again with the same key. `effect`: it must not happen twice. */
export const ToolEffect = z.enum(['pure', 'idempotent', 'effect'])
export type ToolEffect = z.infer<typeof ToolEffect>

/** `sandbox`: in the persona's container. `executor`: beside the database, for tools that hold people's credentials. */
export const ToolPlace = z.enum(['sandbox', 'executor'])
export type ToolPlace = z.infer<typeof ToolPlace>

/** The largest size of a file that a person sends or receives. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024

/** A file under `/workspace` that a tool made for people. The executor stores it as an artifact. */
export const ProducedFile = z.object({
  /** Relative to `/workspace`, without `..`. */
  path: z.string().min(1),
  /** IANA media type. */
  contentType: z.string().min(1),
})
export type ProducedFile = z.infer<typeof ProducedFile>

interface BaseContext {
  /** Aborted when the run is cancelled or the deadline passes. */
  signal: AbortSignal
  /** The same for every attempt of one call. Pass it to services that accept an idempotency key. */
  idempotencyKey: string
  traceId: string
  /** The persona's folder, which is `/workspace` in the sandbox. Paths in the input of tools are relative to it. */
  workspace: string
  /** The secrets that this tool declares and this persona grants it. */
  secrets: Record<string, string>
  /** Shows people how far the work is; `fraction` goes from 0 to 1. */
  progress(message: string, fraction?: number): void
  /** Shows people what a program prints while it runs. If the call is cancelled, the text is kept as its result. */
  print(text: string): void
  log(message: string): void
  /** Marks a file in `/workspace` as a result for people. */
  produce(file: ProducedFile): void
  /** Shows the model a text or an image besides the result. Throws if there are too many or they are too large. */
  show(part: ShownPart): void
}

/** The context of `run` and `reconcile`. It has only the services that the tool lists in `needs`. */
export type ToolContext<N extends Need = never> = BaseContext & Pick<ToolServices, Extract<N, ServiceName>>

/**
 * The result of looking up an effect whose worker was lost. Return `no` only if the effect has not happened and can no longer
 * happen, because the call then runs again. Return `unknown` in all other cases; a person is then asked.
 */
export type Reconciled<O> = { happened: 'yes'; output: O } | { happened: 'no' } | { happened: 'unknown' }

export interface ToolDefinition<
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
  N extends Need = never,
> {
  /** snake_case, unique in the registry. */
  name: string
  /** For the model: what it does, when to use it, what it does not do. */
  description: string
  /** A group for search and for people, e.g. "documents". */
  group: string
  input: I
  output: O
  effect: ToolEffect
  runs: ToolPlace
  /** Services and programs that it cannot run without. If one is missing, a call fails before it starts. */
  needs: readonly Need[]
  /** Names of secrets that it needs. */
  secrets: string[]
  /** Names of tools that the model gets together with it. */
  dependsOn: string[]
  examples: { request: string; input: z.input<I> }[]
  /** How long one call may take, in seconds. */
  timeoutSeconds: number
  /** How people see a call. Without it they see the names and values of the input. */
  view?: CallView | undefined
  run(ctx: ToolContext<N>, input: z.output<I>): Promise<z.input<O>>
  /** For an `effect`: looks up whether a call with this input and this `ctx.idempotencyKey` has happened. */
  reconcile?(ctx: ToolContext<N>, input: z.output<I>): Promise<Reconciled<z.input<O>>>
}

type Optional = 'needs' | 'secrets' | 'dependsOn' | 'timeoutSeconds' | 'view'

type ToolOptions<I extends z.ZodType, O extends z.ZodType, N extends Need> = Omit<ToolDefinition<I, O, N>, Optional> &
  Partial<Pick<ToolDefinition<I, O, N>, 'secrets' | 'dependsOn' | 'timeoutSeconds'>> & {
    needs?: readonly N[]
    view?: z.input<typeof CallView>
  }

export function defineTool<I extends z.ZodType, O extends z.ZodType, N extends Need = never>(
  options: ToolOptions<I, O, N>,
): ToolDefinition<I, O, N> {
  const view = options.view && CallView.parse(options.view)
  return { needs: [], secrets: [], dependsOn: [], timeoutSeconds: 60, ...options, view }
}

/** The registry row of a tool, as the database and the model see it. */
export const ToolManifest = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_]{1,63}$/),
  description: z.string(),
  group: z.string(),
  /** JSON Schema 2020-12 of the input, an object schema. */
  input_schema: z.record(z.string(), z.unknown()),
  output_schema: z.record(z.string(), z.unknown()),
  effect: ToolEffect,
  runs: ToolPlace,
  /** Names of services, and programs as "program:soffice". */
  needs: z.array(z.string()),
  secrets: z.array(z.string()),
  depends_on: z.array(z.string()),
  examples: z.array(z.object({ request: z.string(), input: z.unknown() })),
  timeout_seconds: z.number().int().positive(),
  view: CallView.nullable(),
  /** Whether the tool can look up if an effect has happened, so that no person has to be asked after a crash. */
  reconciles: z.boolean(),
})
export type ToolManifest = z.infer<typeof ToolManifest>

export function manifestOf(tool: ToolDefinition): ToolManifest {
  return {
    name: tool.name,
    description: tool.description,
    group: tool.group,
    input_schema: z.toJSONSchema(tool.input, { io: 'input' }) as Record<string, unknown>,
    output_schema: z.toJSONSchema(tool.output, { io: 'output' }) as Record<string, unknown>,
    effect: tool.effect,
    runs: tool.runs,
    needs: [...tool.needs],
    secrets: tool.secrets,
    depends_on: tool.dependsOn,
    examples: tool.examples,
    timeout_seconds: tool.timeoutSeconds,
    view: tool.view ?? null,
    reconciles: tool.reconcile !== undefined,
  }
}
