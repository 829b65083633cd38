/** Every command of the HTTP API, in groups. All reject with a `Failure`. */
import { answerCommands } from './answers.ts'
import { type ApiOptions, apiClient } from './client.ts'
import { forkCommands } from './forks.ts'
import { operationCommands } from './operations.ts'
import { personaCommands } from './personas.ts'
import { runCommands } from './runs.ts'
import { scheduleCommands, webhookCommands } from './triggers.ts'
import { workspaceCommands } from './workspaces.ts'

export type Api = ReturnType<typeof createApi>

export function createApi(options: ApiOptions) {
  const client = apiClient(options)
  return {
    answers: answerCommands(client),
    forks: forkCommands(client),
    operations: operationCommands(client),
    personas: personaCommands(client),
    runs: runCommands(client),
    schedules: scheduleCommands(client),
    webhooks: webhookCommands(client),
    workspaces: workspaceCommands(client),
  }
}
