import type { Tables } from '#contracts/database'
import type { ColumnsOf, Db } from '../../common/db'
import { row, rows } from '../../common/rows'

const listColumns = 'id, persona_id, recipients, cc, subject, status, sent_at, created_at'
const mailColumns = `${listColumns}, message_id, sender, body_text, error, rejected, run_id` as const

export type MailStatus = 'kept' | 'sent' | 'failed' | 'unknown'
interface Fate {
  status: MailStatus
}
export type MailRow = Omit<Pick<Tables<'emails'>, ColumnsOf<typeof listColumns>>, 'status'> & Fate
export type MailDetailRow = Omit<Pick<Tables<'emails'>, ColumnsOf<typeof mailColumns>>, 'status' | 'error'> &
  Fate & { error: { code: string; message: string } | null }

/** What personas of the workspace sent, newest first: ids are UUIDv7, in the order of creation. */
export const listOutbox = (db: Db, workspaceId: string, limit: number) =>
  rows<MailRow>(
    db
      .from('emails')
      .select(listColumns)
      .eq('workspace_id', workspaceId)
      .eq('direction', 'out')
      .order('id', { ascending: false })
      .limit(limit),
  )

export const readMail = (db: Db, id: string) =>
  row<MailDetailRow>(db.from('emails').select(mailColumns).eq('direction', 'out').eq('id', id))
