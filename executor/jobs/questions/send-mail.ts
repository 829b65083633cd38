/** One try to tell somebody of a question by mail. */
import type { Transporter } from 'nodemailer'
import type { Logger } from 'pino'
import type { Query } from '../../../contracts/database-handle.ts'
import { backoffMs } from '../../engine/backoff.ts'
import { crashPoint } from '../../engine/crash-points.ts'
import type { ClaimedMail } from '../../platform/claim-mails.ts'
import { finishMail } from '../../platform/finish-mail.ts'
import { questionMail } from './question-mail.ts'

const MOST_TRIES = 8
const BACKOFF = { first: 10_000, most: 3_600_000 }

export interface Mailing {
  query: Query
  transport: Transporter
  /** From `answerLinkKey`. */
  key: Uint8Array
  /** Where people open the web app. */
  webUrl: string
  log: Logger
}

export async function sendMail(mail: ClaimedMail, { query, transport, key, webUrl, log }: Mailing): Promise<void> {
  crashPoint('mail.claimed')
  let again: number | undefined
  try {
    await transport.sendMail(await questionMail(mail, key, webUrl))
    log.info({ approval_id: mail.approval_id, user_id: mail.user_id }, 'asked by mail')
  } catch (error) {
    if (mail.read_count < MOST_TRIES) again = Math.ceil(backoffMs(mail.read_count - 1, BACKOFF) / 1000)
    log.warn({ err: error, approval_id: mail.approval_id, again }, 'could not ask by mail')
  }
  crashPoint('mail.sent')
  await finishMail(query, mail.msg_id, again)
}
