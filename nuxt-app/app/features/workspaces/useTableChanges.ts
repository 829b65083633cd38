import type { Live } from '../../common/useList'

type LiveTable = 'runs' | 'approvals' | 'personas' | 'alerts' | 'emails' | 'conversations'

/**
 * The `live` of a list that shows rows of the current workspace: tells when rows of this table change. The list's key
 * contains the workspace.
 */
export function useTableChanges(table: LiveTable): Live {
  const { id } = useWorkspace()
  const watchRows = useRowChanges()
  return (changed) => {
    if (id.value) watchRows([{ table, filter: `workspace_id=eq.${id.value}` }], changed)
  }
}
