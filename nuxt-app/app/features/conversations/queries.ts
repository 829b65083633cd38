import type { ConversationRow as Conversation, ConversationMessage } from '#contracts/api'
import type { Tables } from '#contracts/database'
import type { ColumnsOf, Db } from '../../common/db'
import { row, rows } from '../../common/rows'
import { type RunDetailRow, runDetailColumns } from '../runs/queries'

const conversationColumns = 'id, workspace_id, persona_id, title, created_by, created_at, last_activity_at, archived_at'
const turnColumns = `${runDetailColumns}, turn, replaced_by` as const
const messageColumns = 'id, run_id, position, input, attachments, created_by, created_at, taken_at'
/** PostgREST returns at most this many rows at once. Of a longer conversation the newest part is shown. */
const MOST = 1000

export type ConversationRow = Pick<Conversation, ColumnsOf<typeof conversationColumns>>
/** `turn`: its place in the conversation. `replaced_by`: the run that was started instead, when a person tried again. */
export type TurnRow = RunDetailRow & Pick<Tables<'runs'>, 'turn' | 'replaced_by'>
export type MessageRow = Pick<
  ConversationMessage & Pick<Tables<'conversation_messages'>, 'position'>,
  ColumnsOf<typeof messageColumns>
>

export const readConversation = (db: Db, id: string) =>
  row<ConversationRow>(db.from('conversations').select(conversationColumns).eq('id', id))

export const listTurns = (db: Db, conversationId: string) =>
  rows<TurnRow>(
    db
      .from('runs')
      .select(turnColumns)
      .eq('conversation_id', conversationId)
      .order('turn', { ascending: false })
      .limit(MOST),
  )

export const listMessages = (db: Db, conversationId: string) =>
  rows<MessageRow>(
    db
      .from('conversation_messages')
      .select(messageColumns)
      .eq('conversation_id', conversationId)
      .order('position', { ascending: false })
      .limit(MOST),
  )
