import { listOutbox } from './queries'

/** The mails that personas of the current workspace sent, newest first, live; `more` shows the next page. */
export function useOutbox(pageSize = 25) {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, hasMore, error, more, refresh } = useList(
    () => `outbox:${id.value}:${pageSize}`,
    async (limit) => (id.value ? listOutbox(db, id.value, limit) : []),
    { pageSize, live: useTableChanges('emails') },
  )
  return { mails: rows, isLoading, hasMore, error, more, refresh }
}
