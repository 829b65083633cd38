/** Tries the last turn of a conversation again; `text` is its last message, rewritten. Rejects with a `Failure`. */
export function useRetry() {
  const api = useApi()
  // one key until it worked: a try after a lost answer starts nothing twice
  let key = crypto.randomUUID()
  return async (runId: string, text?: string) => {
    await api.conversations.retry(runId, text, key)
    key = crypto.randomUUID()
  }
}
