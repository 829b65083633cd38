import { createTransport } from 'nodemailer'
import type { Settings } from '../settings.ts'

/** How mails go out, or undefined when no server is set. */
export function mailSettings({ SMTP_URL, MAIL_FROM, WEB_URL }: Pick<Settings, 'SMTP_URL' | 'MAIL_FROM' | 'WEB_URL'>) {
  if (!SMTP_URL) return undefined
  return { transport: createTransport(SMTP_URL, { from: MAIL_FROM }), webUrl: WEB_URL }
}
