import type { ConversationSummary } from '#contracts/api'

export interface ConversationChoice {
  personaId?: string
  /** Words in the title or in what people said. */
  words?: string
  archived?: boolean
}

/** Conversations of the current workspace, the last active ones first, live; `more` shows the next page. */
export function useConversations(choice: MaybeRefOrGetter<ConversationChoice> = {}, pageSize = 25) {
  const api = useApi()
  const { id } = useWorkspace()
  const conversationChanges = useTableChanges('conversations')
  const runChanges = useTableChanges('runs')

  async function read(count: number): Promise<ConversationSummary[]> {
    if (!id.value) return []
    const { personaId, words, archived } = toValue(choice)
    const found: ConversationSummary[] = []
    let cursor: string | undefined
    do {
      const page = await api.conversations.list({
        workspace_id: id.value,
        persona_id: personaId,
        q: words?.trim() || undefined,
        archived: archived ? 'true' : 'false',
        limit: Math.min(count - found.length, MOST_A_PAGE),
        cursor,
      })
      found.push(...page.conversations)
      cursor = page.next_cursor ?? undefined
    } while (cursor && found.length < count)
    return found
  }
  const { rows, isLoading, hasMore, error, more, refresh } = useList(
    () => `conversations:${id.value}:${pageSize}:${JSON.stringify(toValue(choice))}`,
    read,
    {
      pageSize,
      // a conversation shows the state of its last run
      live: (changed) => {
        conversationChanges(changed)
        runChanges(changed)
      },
    },
  )
  return { conversations: rows, isLoading, hasMore, error, more, refresh }
}

const MOST_A_PAGE = 100
