/** What a worker does besides runs and tool calls: it starts schedules, sends webhooks, and asks people by mail. */
import type { Logger } from 'pino'
import { answerLinkKey } from '../../contracts/answer-link.ts'
import type { Query } from '../../contracts/database-handle.ts'
import { WorkLoop } from '../engine/loop.ts'
import type { MailServer } from '../engine/mail-server.ts'
import type { OpenSecret } from '../engine/secrets.ts'
import { claimDeliveries } from '../platform/claim-deliveries.ts'
import { claimMails } from '../platform/claim-mails.ts'
import { finishMail } from '../platform/finish-mail.ts'
import { sendMail } from './questions/send-mail.ts'
import { startSchedules } from './schedules/run-schedules.ts'
import { deliver } from './webhooks/deliver.ts'
import { type IsAllowedAddress, publicPost } from './webhooks/public-post.ts'

const SLOTS = 8
/** Longer than a post or a mail may take. */
const LEASE_SECONDS = 60

export interface ErrandOptions {
  query: Query
  openSecret: OpenSecret
  encryptionKey: string
  /** How mails go out and where their links lead; without it nobody is asked by mail. */
  mail?: MailServer | undefined
  /** Replaces the check that webhooks reach the public internet only. */
  isAllowedAddress?: IsAllowedAddress | undefined
  /** Called when runs were started. */
  onRuns(): void
  log: Logger
}

export interface Errands {
  /** Ends what is under way, then stops. */
  stop(): Promise<void>
}

export async function startErrands(options: ErrandOptions): Promise<Errands> {
  const { query, openSecret, mail, onRuns, log } = options
  const key = await answerLinkKey(options.encryptionKey)
  const { post, close } = publicPost(options.isAllowedAddress)
  const webhooks = new WorkLoop({
    name: 'webhooks',
    slots: SLOTS,
    claim: (most) => claimDeliveries(query, most, LEASE_SECONDS),
    handle: (delivery) => deliver(delivery, { query, post, openSecret, log }),
    log,
  })
  const mails = new WorkLoop({
    name: 'mail',
    slots: SLOTS,
    claim: (most) => claimMails(query, most, LEASE_SECONDS),
    handle: (question) =>
      mail ? sendMail(question, { query, key, log, ...mail }) : finishMail(query, question.msg_id),
    log,
  })
  const schedules = startSchedules(query, onRuns, log)
  webhooks.start()
  mails.start()
  return {
    async stop() {
      await Promise.all([schedules.stop(), webhooks.drain(), mails.drain()])
      await close()
    },
  }
}
