/** Tells people by mail about the questions of personas. Each claim is one attempt. */
import type { Logger } from 'pino'
import type { Query } from '../../../contracts/database-handle.ts'
import { backoffMs } from '../../engine/backoff.ts'
import { crashPoint } from '../../engine/crash-points.ts'
import type { QueueJob } from '../../engine/job.ts'
import type { MailServer } from '../../engine/mail-server.ts'
import { type ClaimedMail, claimMails } from '../../platform/claim-mails.ts'
import { finishMail } from '../../platform/finish-mail.ts'
import { questionMail } from './question-mail.ts'

const SLOTS = 8
/** Longer than sending a mail may take. */
const LEASE_SECONDS = 60
const MOST_TRIES = 8
const BACKOFF = { first: 10_000, most: 3_600_000 }

interface QuestionDependencies {
  query: Query
  /** Without it, claimed mails are dropped, and people are asked only in the web app. */
  mail?: MailServer | undefined
  /** Signs the links in the mails; from `answerLinkKey`. */
  answerKey: Uint8Array
  log: Logger
}

export function questionsJob({ query, mail: server, answerKey, log }: QuestionDependencies): QueueJob<ClaimedMail> {
  return {
    name: 'questions',
    slots: SLOTS,
    claim: (most) => claimMails(query, most, LEASE_SECONDS),
    handle: (question) =>
      server ? sendMail(question, server, { query, answerKey, log }) : finishMail(query, question.msg_id),
  }
}

async function sendMail(
  mail: ClaimedMail,
  { transport, webUrl }: MailServer,
  { query, answerKey, log }: Omit<QuestionDependencies, 'mail'>,
): Promise<void> {
  crashPoint('mail.claimed')
  let again: number | undefined
  try {
    await transport.sendMail(await questionMail(mail, answerKey, webUrl))
    log.info({ approval_id: mail.approval_id, user_id: mail.user_id }, 'asked by mail')
  } catch (error) {
    if (mail.read_count < MOST_TRIES) again = Math.ceil(backoffMs(mail.read_count - 1, BACKOFF) / 1000)
    log.warn({ err: error, approval_id: mail.approval_id, again }, 'could not ask by mail')
  }
  crashPoint('mail.sent')
  await finishMail(query, mail.msg_id, again)
}
