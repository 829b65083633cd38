/** The mail that tells somebody about a persona's question, with a link to a page for the answer. */
import { SignJWT } from 'jose'
import type { SendMailOptions } from 'nodemailer'
import { ANSWER_AUDIENCE } from '../../../contracts/answer-link.ts'
import type { ClaimedMail } from '../../platform/claim-mails.ts'

const SUBJECTS = {
  approval: 'asks for your approval',
  question: 'has a question',
  unknown_effect: 'does not know whether something happened',
}

/** `key` comes from `answerLinkKey`. The link opens a page; opening it decides nothing. */
export async function questionMail(mail: ClaimedMail, key: Uint8Array, webUrl: string): Promise<SendMailOptions> {
  const token = await new SignJWT({ user_id: mail.user_id })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(mail.approval_id)
    .setAudience(ANSWER_AUDIENCE)
    .setExpirationTime(new Date(mail.expires_at))
    .sign(key)
  // after the #, so that no server logs the token
  const link = `${webUrl}/answer#${token}`
  return {
    to: { name: mail.display_name, address: mail.email },
    subject: `${mail.persona} ${SUBJECTS[mail.kind]}`,
    // the same for every attempt, so that a mail that was sent twice after a crash is recognised by its id
    messageId: `<${mail.approval_id}.${mail.user_id}@persona-platform>`,
    text: [
      `Hello ${mail.display_name},`,
      mail.question,
      mail.kind === 'question' ? '' : `${mail.tool_name}\n${JSON.stringify(mail.arguments, null, 2)}`,
      `Look at it and answer here, until ${mail.expires_at.slice(0, 16).replace('T', ' ')} UTC:\n${link}`,
      'The link is for you alone and works once.',
    ]
      .filter(Boolean)
      .join('\n\n'),
  }
}
