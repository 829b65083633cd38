/** One tool call from validated input to validated output. */
import { ownValue } from '../../contracts/own-value.ts'
import type { RunnerRequest } from '../../contracts/runner.ts'
import { ProducedFile, type Reconciled, type ToolContext, type ToolDefinition } from '../../contracts/tool.ts'
import type { SentPart } from '../../contracts/tool-parts.ts'
import { locate } from '../kit/workspace.ts'
import { type ProvideService, provide } from './needs.ts'
import { Parts } from './parts.ts'
import { validateInput, validateOutput } from './validate.ts'

export type CallRequest = Extract<RunnerRequest, { type: 'call' }>

/** What the place where a tool runs provides to it. */
export interface CallHost extends Pick<ToolContext, 'progress' | 'print' | 'log'> {
  /** The service, ready to use. Rejects with a `ToolError` when it is not available here. */
  service: ProvideService
}

export interface CallOutcome {
  /** For a request to reconcile, a `Reconciled`. */
  output: unknown
  files: ProducedFile[]
  parts: SentPart[]
}

/** Rejects with the tool's error, or with the signal's reason as soon as it aborts, even if the tool goes on. */
export async function runCall(
  tool: ToolDefinition,
  request: CallRequest,
  workspace: string,
  signal: AbortSignal,
  host: CallHost,
): Promise<CallOutcome> {
  const input = validateInput(tool.input, request.input)
  const files: ProducedFile[] = []
  const parts = new Parts()
  const context: ToolContext = {
    ...(await untilAborted(provide(tool.needs, host.service), signal)),
    signal,
    idempotencyKey: request.idempotency_key,
    traceId: request.trace_id,
    workspace,
    secrets: Object.fromEntries(
      tool.secrets.flatMap((name) => {
        const value = ownValue(request.secrets, name)
        return value === undefined ? [] : [[name, value] as const]
      }),
    ),
    progress: (message, fraction) => host.progress(message, fraction),
    print: (text) => host.print(text),
    log: (message) => host.log(message),
    produce: (file) => {
      files.push(ProducedFile.parse(file))
    },
    show: (part) => parts.add(part),
  }
  const work = request.reconcile ? reconcile(tool, context, input) : run(tool, context, input)
  const output = await untilAborted(work, signal)
  for (const file of files) await locate(workspace, file.path)
  return { output, files, parts: parts.all }
}

const run = async (tool: ToolDefinition, context: ToolContext, input: unknown) =>
  validateOutput(tool.output, await tool.run(context, input))

async function reconcile(tool: ToolDefinition, context: ToolContext, input: unknown): Promise<Reconciled<unknown>> {
  const found = (await tool.reconcile?.(context, input)) ?? { happened: 'unknown' }
  if (found.happened !== 'yes') return { happened: found.happened }
  return { happened: 'yes', output: validateOutput(tool.output, found.output) }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
