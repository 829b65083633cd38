import type { Secret } from '#contracts/api'
import type { ColumnsOf, Db } from '../../common/db'
import { rows } from '../../common/rows'

const secretColumns = 'id, name, updated_at'

export type SecretRow = Pick<Secret, ColumnsOf<typeof secretColumns>>

/** Names only: no column that a browser may read holds a value. */
export const listSecrets = (db: Db, workspaceId: string) =>
  rows<SecretRow>(db.from('secrets').select(secretColumns).eq('workspace_id', workspaceId).order('name'))
