/** All commands of the HTTP API, in groups. They reject with a `Failure`. */

import { accountCommands } from './account.ts'
import { activityCommands } from './activity.ts'
import { answerCommands } from './answers.ts'
import { approvalCommands } from './approvals.ts'
import { type ApiOptions, apiClient } from './client.ts'
import { conversationCommands } from './conversations.ts'
import { forkCommands } from './forks.ts'
import { keyCommands } from './keys.ts'
import { meCommands } from './me.ts'
import { operationCommands } from './operations.ts'
import { personaCommands } from './personas.ts'
import { runCommands } from './runs.ts'
import { spendingCommands } from './spending.ts'
import { toolCommands } from './tools.ts'
import { scheduleCommands, webhookCommands } from './triggers.ts'
import { workspaceCommands } from './workspaces.ts'

export type Api = ReturnType<typeof createApi>

export function createApi(options: ApiOptions) {
  const client = apiClient(options)
  return {
    activity: activityCommands(client),
    account: accountCommands(client),
    answers: answerCommands(client),
    approvals: approvalCommands(client),
    conversations: conversationCommands(client),
    forks: forkCommands(client),
    keys: keyCommands(client),
    me: meCommands(client),
    operations: operationCommands(client),
    personas: personaCommands(client),
    runs: runCommands(client),
    schedules: scheduleCommands(client),
    spending: spendingCommands(client),
    tools: toolCommands(client),
    webhooks: webhookCommands(client),
    workspaces: workspaceCommands(client),
  }
}
