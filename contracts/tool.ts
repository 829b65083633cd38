/**
 * What a tool is. One file in `tools/` exports `defineTool({...})`; the registry row, the JSON Schema that the
 * model sees, the docs page and the test harness all come from that one object.
 */
import { z } from 'zod'

/** `pure`: run again freely. `idempotent`: run again with the same key. `effect`: must not happen twice. */
export const ToolEffect = z.enum(['pure', 'idempotent', 'effect'])
export type ToolEffect = z.infer<typeof ToolEffect>

/** `sandbox`: in the persona's container. `executor`: beside the database, for tools that hold people's credentials. */
export const ToolPlace = z.enum(['sandbox', 'executor'])
export type ToolPlace = z.infer<typeof ToolPlace>

/** A file under `/workspace` that the tool made for people; the executor stores it as an artifact. */
export const ProducedFile = z.object({
  /** Relative to `/workspace`, without `..`. */
  path: z.string().min(1),
  /** IANA media type. */
  contentType: z.string().min(1),
})
export type ProducedFile = z.infer<typeof ProducedFile>

/** A mail as a tool hands it over; who it is from is the platform's to say. */
export interface OutgoingMail {
  to: string[]
  cc: string[]
  subject: string
  /** Plain text. */
  text: string
}

export interface SentMail {
  messageId: string
  /** The address that the mail came from. */
  from: string
  /** Addresses that the mail server took. */
  accepted: string[]
  /** Addresses that it refused. */
  rejected: string[]
}

export interface ToolContext {
  /** Aborted when the run is cancelled or the deadline passes. */
  signal: AbortSignal
  /** The same for every attempt of one call: give it to services that take an idempotency key. */
  idempotencyKey: string
  traceId: string
  /** The persona's folder, `/workspace` in the sandbox. All paths that tools take are relative to it. */
  workspace: string
  /** Only the secrets that this tool declared and this persona was granted. */
  secrets: Record<string, string>
  /** Tells people how far the work is; `fraction` from 0 to 1 where it is known. */
  progress(message: string, fraction?: number): void
  log(message: string): void
  /** Names a file in `/workspace` as a result for people. */
  produce(file: ProducedFile): void
  /** Sends a mail as the persona, by the installation's mail server. Only where the tool runs in the executor. */
  sendMail?(mail: OutgoingMail): Promise<SentMail>
  /** The handle of a service of this sandbox, running and healthy (tools/kit/service.ts). Only where the tool runs there. */
  service?(name: string): Promise<unknown>
}

export interface ToolDefinition<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** snake_case, unique in the registry. */
  name: string
  /** For the model: what it does, when to use it, what it does not do. */
  description: string
  /** Words that group tools for search and for people, e.g. "documents". */
  group: string
  input: I
  output: O
  effect: ToolEffect
  runs: ToolPlace
  /** Names of secrets that it needs. */
  secrets: string[]
  /** Names of tools that are offered together with it. */
  dependsOn: string[]
  examples: { request: string; input: z.input<I> }[]
  /** Longest time that one call may take, in seconds. */
  timeoutSeconds: number
  run(ctx: ToolContext, input: z.output<I>): Promise<z.input<O>>
}

type ToolOptions<I extends z.ZodType, O extends z.ZodType> = Omit<
  ToolDefinition<I, O>,
  'secrets' | 'dependsOn' | 'timeoutSeconds'
> &
  Partial<Pick<ToolDefinition<I, O>, 'secrets' | 'dependsOn' | 'timeoutSeconds'>>

export function defineTool<I extends z.ZodType, O extends z.ZodType>(options: ToolOptions<I, O>): ToolDefinition<I, O> {
  return { secrets: [], dependsOn: [], timeoutSeconds: 60, ...options }
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
  secrets: z.array(z.string()),
  depends_on: z.array(z.string()),
  examples: z.array(z.object({ request: z.string(), input: z.unknown() })),
  timeout_seconds: z.number().int().positive(),
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
    secrets: tool.secrets,
    depends_on: tool.dependsOn,
    examples: tool.examples,
    timeout_seconds: tool.timeoutSeconds,
  }
}
