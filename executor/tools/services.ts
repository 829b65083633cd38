/** Builds the services that tools of the executor need, for one call. Each service has one builder, here. */
import type { Logger } from 'pino'
import type { Query } from '../../contracts/database-handle.ts'
import { ToolError } from '../../contracts/tool-errors.ts'
import type { ExecutorServices, MailService } from '../../contracts/tool-services.ts'
import type { MailServer } from '../engine/mail-server.ts'
import { mailSender } from '../platform/mail-sender.ts'
import type { ClaimedCall } from '../platform/types.ts'
import { keepPersonaMail, sendPersonaMail } from './persona-mail.ts'

/** What this installation provides. */
export interface Installation {
  query: Query
  /** Without it, no mail can be sent. */
  mail?: MailServer | undefined
  /** The sender of mails that stay in the outbox, while there is no mail server. Without it, a mail then fails. */
  outboxSender?: string | undefined
}

/** What a service knows about the call that uses it. */
export interface ServedCall {
  call: ClaimedCall
  signal: AbortSignal
  /** Throws when the effect must no longer begin. Call it at the last moment before the effect leaves this process. */
  assertKept(): void
  log: Logger
}

type Builder<S> = (installation: Installation, served: ServedCall) => S

const builders: { [N in keyof ExecutorServices]: Builder<ExecutorServices[N]> } = { mail: mailService }

/** Rejects with a `ToolError` when this installation does not have the service. */
export async function buildService(name: string, installation: Installation, served: ServedCall) {
  const build = Object.hasOwn(builders, name) ? builders[name as keyof ExecutorServices] : undefined
  if (!build) throw new ToolError('need_missing', `The executor has no service ${name}.`)
  return build(installation, served)
}

function mailService(
  { mail: server, outboxSender, query }: Installation,
  { call, signal, assertKept, log }: ServedCall,
): MailService {
  if (!server && outboxSender) {
    return {
      async send() {
        assertKept()
        return keepPersonaMail(outboxSender, call.tool_run_id)
      },
    }
  }
  if (!server) {
    throw new ToolError(
      'mail_not_configured',
      'This installation has no mail server. Its operator sets SMTP_URL and MAIL_FROM (docs/operations.md).',
    )
  }
  return {
    async send(mail) {
      return sendPersonaMail(server, mail, {
        name: await mailSender(query, call.persona_id),
        key: call.tool_run_id,
        beforeSending() {
          signal.throwIfAborted()
          assertKept()
        },
        log,
      })
    },
  }
}
