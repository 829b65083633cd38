/** One tool call from validated input to validated output. */

import type { RunnerRequest } from '../../contracts/runner.ts'
import { ProducedFile, type ToolContext, type ToolDefinition } from '../../contracts/tool.ts'
import { locate } from '../kit/workspace.ts'
import { validateInput, validateOutput } from './validate.ts'

export type CallRequest = Extract<RunnerRequest, { type: 'call' }>

/** What the place where a tool runs gives to it. */
export type CallHost = Pick<ToolContext, 'progress' | 'log' | 'sendMail' | 'service'>

/** Rejects with whatever the tool threw, or with the signal's reason as soon as it aborts, even if the tool goes on. */
export async function runCall(
  tool: ToolDefinition,
  request: CallRequest,
  workspace: string,
  signal: AbortSignal,
  host: CallHost,
): Promise<{ output: unknown; files: ProducedFile[] }> {
  const input = validateInput(tool.input, request.input)
  const files: ProducedFile[] = []
  const context: ToolContext = {
    signal,
    idempotencyKey: request.idempotency_key,
    traceId: request.trace_id,
    workspace,
    secrets: Object.fromEntries(
      tool.secrets.flatMap((name) => (name in request.secrets ? [[name, request.secrets[name]!]] : [])),
    ),
    progress: (message, fraction) => host.progress(message, fraction),
    log: (message) => host.log(message),
    sendMail: host.sendMail,
    service: host.service,
    produce: (file) => {
      files.push(ProducedFile.parse(file))
    },
  }
  const output = validateOutput(tool.output, await untilAborted(tool.run(context, input), signal))
  for (const file of files) await locate(workspace, file.path)
  return { output, files }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
