import type { SupabaseClient } from '@supabase/supabase-js'
import type { ModelChoice, Persona, PersonaLimits, PersonaRole, PersonaVersion } from '#contracts/api'
import { row, rows } from '../../common/rows'

export type PersonaRow = Omit<Persona, 'created_by'>
export type VersionRow = Omit<PersonaVersion, 'model' | 'limits'> & { model: ModelChoice; limits: PersonaLimits }
export interface PersonaMemberRow {
  user_id: string
  role: PersonaRole
}

const personaColumns =
  'id, workspace_id, name, description, icon, color, visibility, status, current_version_id, created_at, updated_at'
const versionColumns = 'id, number, agent_id, instructions, model, limits, allowed_hosts, note, created_by, created_at'

export const listPersonas = (db: SupabaseClient, workspaceId: string) =>
  rows<PersonaRow>(
    db.from('personas').select(personaColumns).eq('workspace_id', workspaceId).order('created_at').order('id'),
  )

export const readPersona = (db: SupabaseClient, id: string) =>
  row<PersonaRow>(db.from('personas').select(personaColumns).eq('id', id).maybeSingle())

export const listVersions = (db: SupabaseClient, personaId: string) =>
  rows<VersionRow>(
    db
      .from('persona_versions')
      .select(versionColumns)
      .eq('persona_id', personaId)
      .order('number', { ascending: false }),
  )

export const readVersion = (db: SupabaseClient, id: string) =>
  row<VersionRow>(db.from('persona_versions').select(versionColumns).eq('id', id).maybeSingle())

export const listPersonaMembers = (db: SupabaseClient, personaId: string) =>
  rows<PersonaMemberRow>(db.from('persona_members').select('user_id, role').eq('persona_id', personaId))

/** What the signed-in person is to the persona; null when it is not open to them. */
export async function readPersonaRole(db: SupabaseClient, personaId: string): Promise<PersonaRole | null> {
  const { data, error } = await db.rpc('persona_role', { persona_id: personaId })
  if (error) throw error
  return data as PersonaRole | null
}

export async function readInputSchema(db: SupabaseClient, toolId: string): Promise<object> {
  const tool = await row<{ input_schema: object }>(
    db.from('tools').select('input_schema').eq('id', toolId).maybeSingle(),
  )
  return tool.input_schema
}
