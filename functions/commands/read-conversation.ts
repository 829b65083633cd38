/** Reads a conversation with its runs and messages. */
import { Conversation, ConversationMessage, ConversationRow, ConversationRun } from '../../contracts/api.ts'
import { columnsOf } from '../../contracts/columns.ts'
import { ask, type Db, find } from '../_shared/data/database.ts'
import { Problem } from '../_shared/problem.ts'

/** PostgREST returns at most a thousand rows at once. */
const PAGE = 1000

/** Throws `conversation_not_found` if the caller may not see it. */
export async function readConversation(db: Db, id: string): Promise<Conversation> {
  const [conversation, runs, messages] = await Promise.all([
    find(db.from('conversations').select(columnsOf('conversations', ConversationRow)).eq('id', id).maybeSingle()),
    readRuns(db, id),
    readMessages(db, id),
  ])
  if (!conversation) throw new Problem('conversation_not_found')
  return Conversation.parse({ ...conversation, runs, messages })
}

const runColumns = columnsOf('runs', ConversationRun)

async function readRuns(db: Db, conversationId: string) {
  const runs: { turn: number | null }[] = []
  for (;;) {
    const page = await ask(
      db
        .from('runs')
        .select(runColumns)
        .eq('conversation_id', conversationId)
        .gt('turn', runs.at(-1)?.turn ?? 0)
        .order('turn')
        .limit(PAGE),
    )
    runs.push(...page)
    if (page.length < PAGE) return runs
  }
}

const messageColumns =
  `${columnsOf('conversation_messages', ConversationMessage.omit({ role: true }))}, position` as const

async function readMessages(db: Db, conversationId: string) {
  const messages: { position: number }[] = []
  for (;;) {
    const page = await ask(
      db
        .from('conversation_messages')
        .select(messageColumns)
        .eq('conversation_id', conversationId)
        .gt('position', messages.at(-1)?.position ?? 0)
        .order('position')
        .limit(PAGE),
    )
    messages.push(...page)
    if (page.length < PAGE) return messages.map((message) => ({ ...message, role: 'user' }))
  }
}
