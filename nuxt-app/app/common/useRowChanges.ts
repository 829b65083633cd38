import { keepJoined } from '@persona/sdk'

const SETTLE_MS = 150

/** The rows of a table: `filter` as Realtime takes it, such as `run_id=eq.…`. */
export interface WatchedRows {
  table: string
  filter: string
}

/**
 * Tells when rows of these tables change, and whenever it begins to be told of them. A burst of changes is one. Returns a
 * function that starts it, in a scope that ends with those who show the rows.
 */
export function useRowChanges() {
  const db = useSupabase()
  const { check } = useServer()

  return (watched: WatchedRows[], changed: () => void) => {
    const topic = `${watched[0]!.table}:${watched[0]!.filter}:${crypto.randomUUID()}`
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(changed, SETTLE_MS)
    }
    const leave = keepJoined(
      db,
      () =>
        watched.reduce(
          (channel, rows) => channel.on('postgres_changes', { event: '*', schema: 'public', ...rows }, soon),
          db.channel(topic),
        ),
      // nobody was told what changed before the channel stood; when it falls, the server may be gone
      (isJoined) => (isJoined ? soon() : void check()),
    )
    onScopeDispose(() => {
      clearTimeout(timer)
      leave()
    })
  }
}
