/** The mail server through which the platform sends its mails. */
import { createTransport, type Transporter } from 'nodemailer'
import addressparser from 'nodemailer/lib/addressparser'

export interface MailServer {
  transport: Transporter
  /** The address that they come from. */
  from: string
  /** Where people open the web app. */
  webUrl: string
}

/** As in the environment. */
export interface MailEnvironment {
  SMTP_URL?: string | undefined
  MAIL_FROM: string
  WEB_URL: string
}

/** Milliseconds. A server that is slower than this fails one try, well before the lease of a mail or a call ends. */
const PATIENCE = { dnsTimeout: 10_000, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 }

/** Undefined when no server is set. Throws when MAIL_FROM names no address. */
export function mailSettings({ SMTP_URL, MAIL_FROM, WEB_URL }: MailEnvironment): MailServer | undefined {
  if (!SMTP_URL) return undefined
  const [sender] = addressparser(MAIL_FROM, { flatten: true })
  if (!sender?.address) throw new Error(`MAIL_FROM names no address: ${MAIL_FROM}`)
  const transport = createTransport({ url: SMTP_URL, ...PATIENCE }, { from: MAIL_FROM })
  return { transport, from: sender.address, webUrl: WEB_URL }
}
