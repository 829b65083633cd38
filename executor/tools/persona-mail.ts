/** Sends a persona's mail, from the installation's address and under the persona's name. */
import type { Logger } from 'pino'
import type { OutgoingMail, SentMail } from '../../contracts/tool-services.ts'
import type { MailServer } from '../engine/mail-server.ts'
import { CallNotStarted, ToolCallError } from '../failures.ts'

/** The mail server could not be reached or refused to sign in. Nothing was sent. */
export class MailServerAway extends CallNotStarted {
  override readonly code = 'mail_unavailable'
}

export interface Sending {
  /** The persona's name. */
  name: string
  /** The same for every attempt of one call. It gives the Message-ID, by which a mail that arrives twice is recognised. */
  key: string
  /** Called immediately before the mail goes out. If it throws, the mail is not sent. */
  beforeSending(): void
  log: Logger
}

/** Rejects with MailServerAway when nothing has happened, otherwise with a ToolCallError. */
export async function sendPersonaMail(server: MailServer, mail: OutgoingMail, sending: Sending): Promise<SentMail> {
  const { transport, from } = server
  // signs in and hangs up. If this fails, certainly nothing was sent; after a later failure that is uncertain
  await transport.verify().catch((error: Error) => {
    sending.log.warn({ err: error }, 'the mail server does not let us in')
    throw new MailServerAway('The mail server of this installation does not answer or refuses to sign in.', {
      cause: error,
    })
  })
  sending.beforeSending()
  const messageId = messageIdOf(sending.key)
  const { accepted = [], rejected = [] } = await transport
    .sendMail({
      from: { name: sending.name, address: from },
      to: mail.to.map(bare),
      cc: mail.cc.map(bare),
      subject: mail.subject,
      text: mail.text,
      messageId,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    .catch((error: SmtpError) => {
      throw judge(error)
    })
  return { messageId, delivery: 'sent', from, accepted: accepted.map(String), rejected: rejected.map(String) }
}

/** The mail stays in the outbox: the transaction that settles the call writes it there. */
export function keepPersonaMail(from: string, key: string): SentMail {
  return { messageId: messageIdOf(key), delivery: 'outbox', from, accepted: [], rejected: [] }
}

const messageIdOf = (key: string) => `<${key}@persona-platform>`

/** An object, so that no part of an address is read as a second address or as a name. */
const bare = (address: string) => ({ name: '', address })

interface SmtpError extends Error {
  code?: string
  /** The server's last response. */
  responseCode?: number
  response?: string
}

/** A server that refused the addresses or the text has sent nothing. If it stopped answering, nobody knows. */
function judge(error: SmtpError): Error {
  const { code, responseCode = 0, response } = error
  if (code === 'EENVELOPE' || code === 'EMESSAGE') {
    const message = `The mail server refused the mail: ${response ?? error.message}`
    // 4xx: a temporary refusal
    if (responseCode >= 400 && responseCode < 500) return new MailServerAway(message, { cause: error })
    return new ToolCallError('tool_failed', message, { cause: error })
  }
  return new ToolCallError(
    'timeout',
    'The mail server stopped answering before it said whether it accepted the mail.',
    {
      cause: error,
    },
  )
}
