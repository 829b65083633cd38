/** A mail that a persona sends: from the installation's address, under the persona's name. */
import type { Logger } from 'pino'
import type { OutgoingMail, SentMail } from '../../contracts/tool-services.ts'
import type { MailServer } from '../engine/mail-server.ts'
import { CallNotStarted, ToolCallError } from '../failures.ts'

/** The mail server did not let us in: nothing was sent. */
export class MailServerAway extends CallNotStarted {
  override readonly code = 'mail_unavailable'
}

export interface Sending {
  /** How the persona is called. */
  name: string
  /** The same for every attempt of one call: makes the Message-ID, by which a mail that came twice can be told. */
  key: string
  /** Called when the next thing to happen is that the mail goes out; may throw. */
  beforeSending(): void
  log: Logger
}

/** Rejects with MailServerAway when nothing has happened, with a ToolCallError else. */
export async function sendPersonaMail(server: MailServer, mail: OutgoingMail, sending: Sending): Promise<SentMail> {
  const { transport, from } = server
  // signs in and hangs up: a failure here, unlike a later one, is certain to have sent nothing
  await transport.verify().catch((error: Error) => {
    sending.log.warn({ err: error }, 'the mail server does not let us in')
    throw new MailServerAway('The mail server of this installation does not answer or refuses to sign in.', {
      cause: error,
    })
  })
  sending.beforeSending()
  const messageId = `<${sending.key}@persona-platform>`
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
  return { messageId, from, accepted: accepted.map(String), rejected: rejected.map(String) }
}

/** As an object, so that nothing in an address is read as a second one or as a name. */
const bare = (address: string) => ({ name: '', address })

interface SmtpError extends Error {
  code?: string
  /** The server's last word. */
  responseCode?: number
  response?: string
}

/** A server that refused the addresses or the text has sent nothing; of one that fell silent nobody can tell. */
function judge(error: SmtpError): Error {
  const { code, responseCode = 0, response } = error
  if (code === 'EENVELOPE' || code === 'EMESSAGE') {
    const message = `The mail server refused it: ${response ?? error.message}`
    // 4xx: not now
    if (responseCode >= 400 && responseCode < 500) return new MailServerAway(message, { cause: error })
    return new ToolCallError('tool_failed', message, { cause: error })
  }
  return new ToolCallError('timeout', 'The mail server fell silent before it said whether it took the mail.', {
    cause: error,
  })
}
