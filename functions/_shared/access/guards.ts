/** Checks for lists. Row level security alone would return an empty list, without telling the caller why. */
import type { WorkspaceRole } from '../../../contracts/api.ts'
import { ask, type Db, find } from '../data/database.ts'
import { Problem } from '../problem.ts'

export async function requireWorkspace(db: Db, workspaceId: string, role: WorkspaceRole): Promise<void> {
  const has = (role: WorkspaceRole) => ask(db.rpc('is_workspace_member', { workspace_id: workspaceId, role }))
  const [sees, may] = await Promise.all([has('viewer'), has(role)])
  if (!sees) throw new Problem('workspace_not_found')
  if (!may)
    throw new Problem('not_allowed', `You need the role ${role} in this workspace. Ask one of its owners or admins.`)
}

/** Returns the persona's workspace. */
export async function requirePersona(db: Db, personaId: string): Promise<string> {
  const persona = await find<{ workspace_id: string } | null>(
    db.from('personas').select('workspace_id').eq('id', personaId).maybeSingle(),
  )
  if (!persona) throw new Problem('persona_not_found')
  return persona.workspace_id
}
