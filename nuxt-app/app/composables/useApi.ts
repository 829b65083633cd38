import { apiClient } from '../api/client'
import { forkCommands } from '../api/forks'
import { operationCommands } from '../api/operations'
import { personaCommands } from '../api/personas'
import { runCommands } from '../api/runs'
import { scheduleCommands, webhookCommands } from '../api/triggers'
import { workspaceCommands } from '../api/workspaces'

/** Every command that the app sends. All reject with a `Failure`. */
export function useApi() {
  const { $supabase, $platform } = useNuxtApp()
  const client = apiClient({
    url: `${$platform.supabase_url ?? location.origin}/functions/v1/api`,
    publishableKey: $platform.publishable_key,
    accessToken: async () => (await $supabase.auth.getSession()).data.session?.access_token ?? null,
  })
  return {
    personas: personaCommands(client),
    runs: runCommands(client),
    forks: forkCommands(client),
    schedules: scheduleCommands(client),
    webhooks: webhookCommands(client),
    operations: operationCommands(client),
    workspaces: workspaceCommands(client),
  }
}
