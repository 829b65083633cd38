import type { Tables } from '#contracts/database'
import type { ColumnsOf, Db } from '../../common/db'
import { rows } from '../../common/rows'

const workspaceColumns = 'id, name, limits, settings, created_at'

export type WorkspaceRow = Omit<
  Pick<Tables<'workspaces'>, ColumnsOf<typeof workspaceColumns>>,
  'limits' | 'settings'
> & {
  limits: Record<string, number | null>
  settings: { time_zone?: string }
}

/** The workspaces that the signed-in person may see, oldest first. */
export const listWorkspaces = (db: Db) =>
  rows<WorkspaceRow>(db.from('workspaces').select(workspaceColumns).order('created_at'))
