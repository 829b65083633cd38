/** Reads what this installation is, opens the Supabase client and restores the session, before the first page. */
import { createClient, type Session } from '@supabase/supabase-js'
import type { Database } from '#contracts/database'
import { WebConfig } from '#contracts/web-config'

export default defineNuxtPlugin({
  name: 'platform',
  async setup() {
    const platform = await readConfig()
    const supabase = createClient<Database>(platform.supabase_url ?? location.origin, platform.publishable_key)
    const session = useState<Session | null>('session', () => null)
    session.value = (await supabase.auth.getSession()).data.session
    supabase.auth.onAuthStateChange((event, next) => {
      session.value = next
      // outside of the callback: the client holds its lock while it runs
      if (event === 'SIGNED_OUT') setTimeout(() => navigateTo('/sign-in'))
    })
    return { provide: { platform, supabase } }
  },
})

async function readConfig(): Promise<WebConfig> {
  try {
    const response = await fetch('/config.json', { cache: 'no-store' })
    return WebConfig.parse(await response.json())
  } catch (cause) {
    throw createError({ status: 503, statusText: 'The platform does not answer. Is it running?', fatal: true, cause })
  }
}
