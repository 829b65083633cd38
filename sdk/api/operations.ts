import { AlertResponse, AlertsResponse, OperationsResponse } from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

export const operationCommands = (api: ApiClient) => ({
  read: () => api.send('GET', '/operations', OperationsResponse),
  requeue: (deadLetterId: string) => api.run('POST', `/operations/dead-letters/${deadLetterId}/requeue`),
  /** The open ones, newest first. */
  alerts: async (workspaceId: string) =>
    (await api.send('GET', `/alerts?workspace_id=${workspaceId}`, AlertsResponse)).alerts,
  resolve: async (alertId: string) => (await api.send('POST', `/alerts/${alertId}/resolve`, AlertResponse)).alert,
})
