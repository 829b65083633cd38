/** A mail as people edit it before they approve it. */
import { z } from 'zod'
import type { Mail } from './shown-call.ts'

export interface MailForm {
  /** Addresses with commas between. */
  to: string
  cc: string
  subject: string
  body: string
}

export const mailForm = ({ to, cc = [], subject, body }: Mail): MailForm => ({
  to: to.join(', '),
  cc: cc.join(', '),
  subject,
  body,
})

const Address = z.email()

/** The mail, or what is wrong with which field. */
export function readMail(form: MailForm): { mail?: Mail; problems: Partial<Record<keyof MailForm, string>> } {
  const to = addressesIn(form.to)
  const cc = addressesIn(form.cc)
  const problems = Object.fromEntries(
    Object.entries({
      to: to.length === 0 ? 'It needs at least one address.' : wrongAmong(to),
      cc: wrongAmong(cc),
      subject: form.subject.trim() ? undefined : 'It needs a subject.',
      body: form.body.trim() ? undefined : 'It needs a text.',
    }).filter(([, problem]) => problem),
  )
  if (Object.keys(problems).length > 0) return { problems }
  return { mail: { to, ...(cc.length > 0 ? { cc } : {}), subject: form.subject.trim(), body: form.body }, problems }
}

const addressesIn = (text: string) => text.split(/[,;\s]+/).filter(Boolean)

function wrongAmong(addresses: string[]): string | undefined {
  const wrong = addresses.filter((address) => !Address.safeParse(address).success)
  return wrong.length > 0 ? `Not an address: ${wrong.join(', ')}` : undefined
}
