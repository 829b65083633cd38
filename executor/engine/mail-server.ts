/** The SMTP server through which the platform sends mail. */
import { createTransport, type Transporter } from 'nodemailer'
import addressparser from 'nodemailer/lib/addressparser'

export interface MailServer {
  transport: Transporter
  /** The sender's address. */
  from: string
  /** Address of the web app. */
  webUrl: string
}

/** As in the environment variables. */
export interface MailEnvironment {
  SMTP_URL?: string | undefined
  MAIL_FROM: string
  WEB_URL: string
}

/** In milliseconds. A slower server fails the attempt well before the lease of the mail or the call ends. */
const PATIENCE = { dnsTimeout: 10_000, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 }

/** Undefined when no server is set. Throws when MAIL_FROM names no address. */
export function mailSettings({ SMTP_URL, MAIL_FROM, WEB_URL }: MailEnvironment): MailServer | undefined {
  if (!SMTP_URL) return undefined
  const transport = createTransport({ url: SMTP_URL, ...PATIENCE }, { from: MAIL_FROM })
  return { transport, from: addressOf(MAIL_FROM), webUrl: WEB_URL }
}

/** The address in MAIL_FROM. Throws when there is none. */
export function addressOf(mailFrom: string): string {
  const [sender] = addressparser(mailFrom, { flatten: true })
  if (!sender?.address) throw new Error(`MAIL_FROM contains no address: ${mailFrom}`)
  return sender.address
}
