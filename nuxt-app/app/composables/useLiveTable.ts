const SETTLE_MS = 150

/**
 * Calls `refresh` when rows of a table change in the current workspace, and once more after each reconnect.
 * A burst of changes is one call. Ends with the component.
 */
export function useLiveTable(table: 'runs' | 'approvals' | 'personas', refresh: () => unknown) {
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
      let joined = false
      const filter = `workspace_id=eq.${workspaceId}`
      const channel = db
        .channel(`${table}:${workspaceId}:${name}`)
        .on('postgres_changes', { event: '*', schema: 'public', table, filter }, soon)
        .subscribe((status) => {
          if (status === 'SUBSCRIBED' && joined) soon()
          joined ||= status === 'SUBSCRIBED'
        })
      onCleanup(() => void db.removeChannel(channel))
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
}
