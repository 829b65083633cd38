import { isTerminal } from '#contracts/runs'
import { listMessages, listTurns, readConversation } from './queries'
import { turnsOf } from './turns'

/** A conversation with its turns, live. What was read stays when a later reading fails. */
export function useConversation(id: string) {
  const db = useSupabase()
  const watchRows = useRowChanges()
  const { data, error, refresh } = useAsyncData(
    `conversation:${id}`,
    async () => {
      const [row, runs, messages] = await Promise.all([
        readConversation(db, id),
        listTurns(db, id),
        listMessages(db, id),
      ])
      return { row, turns: turnsOf(runs, messages) }
    },
    { deep: false },
  )
  const read = shallowRef(data.value)
  watch(data, (newest) => {
    read.value = newest ?? read.value
  })
  const filter = `conversation_id=eq.${id}`
  watchRows(
    [
      { table: 'conversation_messages', filter },
      { table: 'runs', filter },
      { table: 'conversations', filter: `id=eq.${id}` },
    ],
    () => void refresh(),
  )
  const conversation = computed(() => read.value?.row ?? null)
  const turns = computed(() => read.value?.turns ?? [])
  const last = computed(() => turns.value.at(-1) ?? null)
  const isUnderWay = computed(() => last.value !== null && !isTerminal(last.value.run.status))
  return { conversation, turns, last, isUnderWay, error, refresh }
}
