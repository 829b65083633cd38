/** The tools of the chaos test, one for each kind of effect. They act on the external world, which records every call. */
import { Readable } from 'node:stream'
import SMTPConnection from 'nodemailer/lib/smtp-connection/index.js'
import { z } from 'zod'
import { defineTool, manifestOf, type ToolEffect } from '../../contracts/tool.ts'
import { ToolCallError } from '../../executor/failures.ts'
import type { ClaimedCall } from '../../executor/platform/types.ts'
import type { CallContext, Reconciled, ToolExecutor, ToolOutcome } from '../../executor/tools/tool-executor.ts'
import { messageIdOf } from './world.ts'

const effects: Record<string, ToolEffect> = {
  count_pure: 'pure',
  count_idempotent: 'idempotent',
  send_mail: 'effect',
  post_form: 'effect',
}

export const chaosManifests = Object.entries(effects).map(([name, effect]) =>
  manifestOf(
    defineTool({
      name,
      effect,
      description: `For tests of durability: ${name.replace('_', ' ')}.`,
      group: 'chaos',
      runs: 'executor',
      input: z.object({ flaky: z.boolean().optional() }),
      output: z.object({ ok: z.boolean() }),
      examples: [],
      run: async () => ({ ok: true }),
    }),
  ),
)

const done: ToolOutcome = { output: { ok: true }, files: [] }

export class ChaosTools implements ToolExecutor {
  readonly #world: string
  readonly #mail: string

  constructor(httpUrl: string, smtpUrl: string) {
    this.#world = httpUrl
    this.#mail = smtpUrl
  }

  async execute(call: ClaimedCall, context: CallContext): Promise<ToolOutcome> {
    switch (call.tool) {
      case 'count_pure':
        return this.#ask('POST', '/pure', call, context)
      case 'count_idempotent': {
        const flaky = call.arguments.flaky ? '?flaky' : ''
        return this.#ask('PUT', `/things/${call.tool_run_id}${flaky}`, call, context)
      }
      case 'post_form':
        return this.#ask('POST', '/form', call, context)
      case 'send_mail':
        return this.#sendMail(call, context)
      default:
        throw new ToolCallError('unknown_tool', `There is no tool ${call.tool} here.`)
    }
  }

  /** A mail can be looked up by its Message-ID; a form cannot. */
  async reconcile(call: ClaimedCall, { signal }: CallContext): Promise<Reconciled> {
    if (call.tool !== 'send_mail') return { happened: 'unknown' }
    const sent = await fetch(`${this.#world}/sent/${call.tool_run_id}`, { signal })
    return sent.status === 200 ? { happened: 'yes', outcome: done } : { happened: 'no' }
  }

  async #ask(method: string, path: string, call: ClaimedCall, { signal }: CallContext): Promise<ToolOutcome> {
    const response = await fetch(this.#world + path, { method, signal, headers: { 'x-call': call.tool_run_id } })
    await response.text()
    if (!response.ok) throw new Error(`The world answered ${response.status}.`)
    return done
  }

  async #sendMail(call: ClaimedCall, { signal, assertKept }: CallContext): Promise<ToolOutcome> {
    const connection = await connect(this.#mail)
    signal.addEventListener('abort', () => connection.close())
    const headers = ['From: persona@chaos.test', 'To: somebody@chaos.test', 'Subject: Chaos']
    const mail = [`Message-ID: ${messageIdOf(call.tool_run_id)}`, ...headers, '', 'Hello from the chaos.', ''].join(
      '\r\n',
    )
    const envelope = { from: 'persona@chaos.test', to: 'somebody@chaos.test' }
    await new Promise<void>((resolve, reject) => {
      connection.once('end', () => reject(new Error('The connection was broken off.')))
      connection.send(envelope, atLastMoment(mail, assertKept), (error) => (error ? reject(error) : resolve()))
    })
    connection.quit()
    return done
  }
}

async function connect(smtpUrl: string): Promise<SMTPConnection> {
  const { hostname, port } = new URL(smtpUrl)
  const connection = new SMTPConnection({ host: hostname, port: Number(port), ignoreTLS: true })
  await new Promise<void>((resolve, reject) => {
    connection.on('error', reject)
    connection.connect(() => resolve())
  })
  return connection
}

/** Read when the server asks for the mail. Until then the mail can be held back. */
function atLastMoment(mail: string, assertKept: () => void): Readable {
  return new Readable({
    read() {
      try {
        assertKept()
        this.push(mail)
        this.push(null)
      } catch (error) {
        this.destroy(error as Error)
      }
    },
  })
}
