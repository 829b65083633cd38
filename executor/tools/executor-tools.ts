/** Runs tools in this process when their secrets must never be in a sandbox. */
import type { Logger } from 'pino'
import { redact } from '../../contracts/redact.ts'
import type { ToolDefinition } from '../../contracts/tool.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import { loadTool } from '../../tools/registry.ts'
import { type CallOutcome, runCall } from '../../tools/runner/call.ts'
import { ToolCallError } from '../failures.ts'
import type { ClaimedCall } from '../platform/types.ts'
import { buildService, type Installation } from './services.ts'
import {
  type CallContext,
  type Reconciled,
  readReconciled,
  type ToolExecutor,
  type ToolOutcome,
} from './tool-executor.ts'

/** These tools cannot make files. */
const NO_WORKSPACE = '/nonexistent'

export interface ExecutorToolDependencies extends Installation {
  log: Logger
}

export class ExecutorTools implements ToolExecutor {
  readonly #deps: ExecutorToolDependencies
  readonly #load: typeof loadTool

  /** `load` replaces the registry of the built-in tools. */
  constructor(deps: ExecutorToolDependencies, load = loadTool) {
    this.#deps = deps
    this.#load = load
  }

  async execute(call: ClaimedCall, context: CallContext): Promise<ToolOutcome> {
    const { output, parts } = await this.#call(await this.#tool(call), call, context, false)
    return { output, files: [], parts }
  }

  async reconcile(call: ClaimedCall, context: CallContext): Promise<Reconciled> {
    const tool = await this.#tool(call)
    if (!tool.reconcile) return { happened: 'unknown' }
    const { output, parts } = await this.#call(tool, call, context, true)
    return readReconciled(output, (found) => ({ output: found, files: [], parts }))
  }

  async #call(tool: ToolDefinition, call: ClaimedCall, context: CallContext, reconcile: boolean): Promise<CallOutcome> {
    const secrets = Object.values(context.secrets)
    const log = this.#deps.log.child({ tool_run_id: call.tool_run_id, trace_id: call.trace_id })
    const stop = new AbortController()
    const { signal } = stop
    // what has been sent cannot be called back, so this waits for the outcome even if the call is cancelled
    let isOnItsWay = false
    const onCancel = () => !isOnItsWay && stop.abort(context.signal.reason)
    context.signal.addEventListener('abort', onCancel)
    if (context.signal.aborted) onCancel()
    const assertKept = () => {
      context.assertKept()
      isOnItsWay = true
    }
    const deadline = setTimeout(
      () => stop.abort(new ToolError('timeout', `The call took longer than ${call.timeout_seconds} s.`)),
      call.timeout_seconds * 1000,
    )
    try {
      const outcome = await runCall(tool, requestOf(call, context, reconcile), NO_WORKSPACE, signal, {
        progress: context.onProgress,
        print: context.onPrinted,
        log: (message) => log.info(redact(message, secrets)),
        service: (name) => buildService(name, this.#deps, { call, signal, assertKept, log }),
      })
      return { ...outcome, output: redact(outcome.output, secrets) }
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      throw new ToolCallError(error.code, redact(error.message, secrets), { cause: error })
    } finally {
      clearTimeout(deadline)
      context.signal.removeEventListener('abort', onCancel)
    }
  }

  async #tool({ tool: name }: ClaimedCall): Promise<ToolDefinition> {
    const tool = await this.#load(name).catch(() => undefined)
    if (tool?.runs !== 'executor') throw new ToolCallError('unknown_tool', `${name} does not run in the executor.`)
    return tool
  }
}

const requestOf = (call: ClaimedCall, { secrets }: CallContext, reconcile: boolean) => ({
  type: 'call' as const,
  id: call.tool_run_id,
  tool: call.tool,
  input: call.arguments,
  idempotency_key: call.tool_run_id,
  trace_id: call.trace_id,
  deadline_ms: call.timeout_seconds * 1000,
  secrets,
  reconcile,
})
