/** Calls of tools that run here, beside the database: what they hold shall never be in a sandbox. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import type { OutgoingMail, ToolDefinition } from '../../contracts/tool.ts'
import { ToolError } from '../../tools/kit/errors.ts'
import { loadTool } from '../../tools/registry.ts'
import { runCall } from '../../tools/runner/call.ts'
import { redact } from '../../tools/runner/redact.ts'
import type { MailServer } from '../engine/mail-server.ts'
import { ToolCallError } from '../failures.ts'
import { mailSender } from '../platform/mail-sender.ts'
import type { ClaimedCall } from '../platform/types.ts'
import { sendPersonaMail } from './persona-mail.ts'
import type { CallContext, Reconciled, ToolExecutor, ToolOutcome } from './tool-executor.ts'

/** These tools have no files. */
const NO_WORKSPACE = '/nonexistent'

export interface ExecutorToolServices {
  query: Query
  /** Without it no mail can be sent. */
  mail?: MailServer | undefined
  log: Logger
}

export class ExecutorTools implements ToolExecutor {
  readonly #services: ExecutorToolServices

  constructor(services: ExecutorToolServices) {
    this.#services = services
  }

  async execute(call: ClaimedCall, context: CallContext): Promise<ToolOutcome> {
    const tool = await ownTool(call.tool)
    const secrets = Object.values(context.secrets)
    const log = this.#services.log.child({ tool_run_id: call.tool_run_id, trace_id: call.trace_id })
    const stop = new AbortController()
    const { signal } = stop
    // what is on its way cannot be called back: its outcome is waited for, cancelled or not
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
      const { output } = await runCall(tool, requestOf(call, context), NO_WORKSPACE, signal, {
        progress: context.onProgress,
        log: (message) => log.info(redact(message, secrets) as string),
        sendMail: (mail) => this.#sendMail(mail, call, { ...context, signal, assertKept }, log),
      })
      return { output: redact(output, secrets), files: [] }
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      throw new ToolCallError(error.code, redact(error.message, secrets) as string, { cause: error })
    } finally {
      clearTimeout(deadline)
      context.signal.removeEventListener('abort', onCancel)
    }
  }

  /** SMTP cannot be asked whether a mail went out. */
  async reconcile(): Promise<Reconciled> {
    return { happened: 'unknown' }
  }

  async #sendMail(mail: OutgoingMail, call: ClaimedCall, { signal, assertKept }: CallContext, log: Logger) {
    const { mail: server, query } = this.#services
    if (!server) {
      throw new ToolError(
        'mail_not_configured',
        'This installation has no mail server. Its operator sets SMTP_URL and MAIL_FROM (docs/operations.md).',
      )
    }
    return sendPersonaMail(server, mail, {
      name: await mailSender(query, call.persona_id),
      key: call.tool_run_id,
      beforeSending() {
        signal.throwIfAborted()
        assertKept()
      },
      log,
    })
  }
}

async function ownTool(name: string): Promise<ToolDefinition> {
  const tool = await loadTool(name).catch(() => undefined)
  if (tool?.runs !== 'executor') throw new ToolCallError('unknown_tool', `${name} does not run in the executor.`)
  return tool
}

const requestOf = (call: ClaimedCall, { secrets }: CallContext) => ({
  type: 'call' as const,
  id: call.tool_run_id,
  tool: call.tool,
  input: call.arguments,
  idempotency_key: call.tool_run_id,
  trace_id: call.trace_id,
  deadline_ms: call.timeout_seconds * 1000,
  secrets,
})
