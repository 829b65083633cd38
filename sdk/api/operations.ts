import { AlertResponse, AlertsResponse, OperationsResponse } from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const operationCommands = (api: ApiClient) => ({
  /** Queues, runs of the last day and dead letters, for platform admins. */
  read: () => api.send('GET', '/operations', OperationsResponse),
  /** Puts a dead letter back into its queue: its run continues from the last checkpoint. */
  requeue: (deadLetterId: string) => api.run('POST', `/operations/dead-letters/${deadLetterId}/requeue`),
  /** The open alerts of a workspace, newest first. */
  alerts: async (workspaceId: string) =>
    (await api.send('GET', withQuery('/alerts', { workspace_id: workspaceId }), AlertsResponse)).alerts,
  resolve: async (alertId: string) => (await api.send('POST', `/alerts/${alertId}/resolve`, AlertResponse)).alert,
})
