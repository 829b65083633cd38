import { keepJoined } from '@persona/sdk'

const SETTLE_MS = 150

/**
 * Calls `refresh` when rows of a table change in the current workspace, and whenever it begins to be told of them.
 * A burst of changes is one call. Ends with the component.
 */
export function useLiveTable(table: 'runs' | 'approvals' | 'personas' | 'alerts', refresh: () => unknown) {
  const db = useSupabase()
  const { id } = useWorkspace()
  const name = useId()
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(refresh, SETTLE_MS)
  }

  watch(
    id,
    (workspaceId, _old, onCleanup) => {
      if (!workspaceId) return
      const filter = `workspace_id=eq.${workspaceId}`
      const leave = keepJoined(
        db,
        () =>
          db
            .channel(`${table}:${workspaceId}:${name}`)
            .on('postgres_changes', { event: '*', schema: 'public', table, filter }, soon),
        // what changed before the channel stood, nobody told
        (isJoined) => isJoined && soon(),
      )
      onCleanup(leave)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
}
