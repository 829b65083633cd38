import { keepJoined } from '@persona/sdk'
import type { Live } from '../../common/useList'

const SETTLE_MS = 150

/**
 * The `live` of a list that shows rows of the current workspace: tells when rows of this table change, and whenever it
 * begins to be told of them. A burst of changes is one. The list's key contains the workspace.
 */
export function useTableChanges(table: 'runs' | 'approvals' | 'personas' | 'alerts' | 'emails'): Live {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { check } = useServer()

  return (changed) => {
    if (!id.value) return
    const filter = `workspace_id=eq.${id.value}`
    const topic = `${table}:${id.value}:${crypto.randomUUID()}`
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(changed, SETTLE_MS)
    }
    const leave = keepJoined(
      db,
      () => db.channel(topic).on('postgres_changes', { event: '*', schema: 'public', table, filter }, soon),
      // nobody was told what changed before the channel stood; when it falls, the server may be gone
      (isJoined) => (isJoined ? soon() : void check()),
    )
    onScopeDispose(() => {
      clearTimeout(timer)
      leave()
    })
  }
}
