import type { Tables } from '#contracts/database'
import type { ColumnsOf, Db } from '../../common/db'
import { rows } from '../../common/rows'

const providerColumns = 'id, name, base_url, models, vision_models, leave_out, is_default, api_key_secret_id'

export type ProviderRow = Pick<Tables<'llm_providers'>, ColumnsOf<typeof providerColumns>>

export const listProviders = (db: Db, workspaceId: string) =>
  rows<ProviderRow>(db.from('llm_providers').select(providerColumns).eq('workspace_id', workspaceId).order('name'))
