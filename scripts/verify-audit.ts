/**
 * `npm run audit:verify`: walks the audit chain of every workspace and names the first broken event; exits with 1 then.
 * It asks the platform that is running on this data folder, or the one at SUPABASE_URL with SUPABASE_SECRET_KEY.
 */
import './require-node.ts'
import { createClient } from '@supabase/supabase-js'
import { dataFolder, runningInstance } from './instance.ts'

const { SUPABASE_URL, SUPABASE_SECRET_KEY } = process.env
const instance = SUPABASE_URL ? undefined : await runningInstance(dataFolder())
const url = SUPABASE_URL ?? instance?.api_url
const key = SUPABASE_SECRET_KEY ?? instance?.secret_key
if (!url || !key) {
  console.error('Nothing to verify: start the platform, or set SUPABASE_URL and SUPABASE_SECRET_KEY.')
  process.exit(2)
}

const { data: chains, error } = await createClient(url, key).rpc('verify_audit')
if (error) {
  console.error(`The audit log could not be read: ${error.message}`)
  process.exit(2)
}
for (const chain of chains as { workspace_id: string; events: number; broken_seq: number | null }[]) {
  const state = chain.broken_seq === null ? 'whole' : `BROKEN at event ${chain.broken_seq}`
  console.log(`${chain.workspace_id}  ${chain.events} events  ${state}`)
  if (chain.broken_seq !== null) process.exitCode = 1
}
