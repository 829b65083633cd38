import type { ModelChoice, Persona, PersonaLimits, PersonaMember, PersonaRole, PersonaVersion } from '#contracts/api'
import type { ColumnsOf, Db } from '../../common/db'
import { row, rows } from '../../common/rows'

const personaColumns =
  'id, workspace_id, name, description, icon, color, visibility, examples, status, current_version_id, created_at, updated_at'
const versionColumns = 'id, number, agent_id, instructions, model, limits, allowed_hosts, note, created_by, created_at'
const memberColumns = 'user_id, role'

export type PersonaRow = Pick<Persona, ColumnsOf<typeof personaColumns>>
export type VersionRow = Omit<Pick<PersonaVersion, ColumnsOf<typeof versionColumns>>, 'model' | 'limits'> & {
  model: ModelChoice
  limits: PersonaLimits
}
export type PersonaMemberRow = Pick<PersonaMember, ColumnsOf<typeof memberColumns>>

export const listPersonas = (db: Db, workspaceId: string) =>
  rows<PersonaRow>(
    db.from('personas').select(personaColumns).eq('workspace_id', workspaceId).order('created_at').order('id'),
  )

export const readPersona = (db: Db, id: string) =>
  row<PersonaRow>(db.from('personas').select(personaColumns).eq('id', id))

export const listVersions = (db: Db, personaId: string) =>
  rows<VersionRow>(
    db
      .from('persona_versions')
      .select(versionColumns)
      .eq('persona_id', personaId)
      .order('number', { ascending: false }),
  )

export const readVersion = (db: Db, id: string) =>
  row<VersionRow>(db.from('persona_versions').select(versionColumns).eq('id', id))

export const listPersonaMembers = (db: Db, personaId: string) =>
  rows<PersonaMemberRow>(db.from('persona_members').select(memberColumns).eq('persona_id', personaId))

/** What the signed-in person is to the persona; null when it is not open to them. */
export async function readPersonaRole(db: Db, personaId: string): Promise<PersonaRole | null> {
  const { data, error } = await db.rpc('persona_role', { persona_id: personaId })
  if (error) throw error
  return data as PersonaRole | null
}

export async function readInputSchema(db: Db, toolId: string): Promise<object> {
  const tool = await row<{ input_schema: object }>(db.from('tools').select('input_schema').eq('id', toolId))
  return tool.input_schema
}
