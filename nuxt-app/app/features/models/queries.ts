import type { SupabaseClient } from '@supabase/supabase-js'
import type { Provider, Secret } from '#contracts/api'
import { rows } from '../../common/rows'

export type ProviderRow = Pick<Provider, 'id' | 'name' | 'base_url' | 'models' | 'vision_models' | 'is_default'> & {
  api_key_secret_id: string | null
}
export type SecretRow = Pick<Secret, 'id' | 'name' | 'updated_at'>

export const listProviders = (db: SupabaseClient, workspaceId: string) =>
  rows<ProviderRow>(
    db
      .from('llm_providers')
      .select('id, name, base_url, models, vision_models, is_default, api_key_secret_id')
      .eq('workspace_id', workspaceId)
      .order('name'),
  )

/** Names only: no column that a browser may read holds a value. */
export const listSecrets = (db: SupabaseClient, workspaceId: string) =>
  rows<SecretRow>(db.from('secrets').select('id, name, updated_at').eq('workspace_id', workspaceId).order('name'))
